/** What region growing can be told. */
export interface GrowSettings {
  /** How many standard deviations a pixel may lie from the region's colours. */
  readonly spread: number
  /** The first region: this many pixels around every seed. */
  readonly radius: number
}

export const GROW: GrowSettings = { spread: 2.5, radius: 3 }
export const SPREAD = { low: 0.5, high: 6 }
