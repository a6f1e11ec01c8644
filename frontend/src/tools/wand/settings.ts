/** What the magic wand can be told. */
export interface WandSettings {
  /** Largest difference of colour to a seed, 0 to 100 in Lab. */
  readonly tolerance: number
  readonly reach: 'contiguous' | 'anywhere'
}

export const WAND: WandSettings = { tolerance: 12, reach: 'contiguous' }
export const MOST_TOLERANCE = 100
