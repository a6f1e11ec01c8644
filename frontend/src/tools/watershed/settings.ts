/** What the watershed can be told. */
export interface WatershedSettings {
  /** Blur before the edges are measured, in pixels. */
  readonly smoothing: number
}

export const WATERSHED: WatershedSettings = { smoothing: 1 }
