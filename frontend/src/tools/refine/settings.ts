/** What refining an outline can be told. */
export interface RefineSettings {
  readonly iterations: number
  readonly smoothing: number
  /** Where the outline is pushed while it is far from edges. */
  readonly balloon: 'none' | 'outwards' | 'inwards'
}

export const REFINE: RefineSettings = { iterations: 60, smoothing: 1, balloon: 'none' }
