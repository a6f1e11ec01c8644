/** What the object operations are told by numbers; kept for the person. */
export interface OperationSettings {
  /** Pixels to grow or shrink by. */
  readonly growBy: number
  /** Parts with fewer pixels are specks. */
  readonly speckSize: number
  /** Holes with fewer pixels are filled; 0: all. */
  readonly holeSize: number
  /** Pixels by which a simplified outline may differ. */
  readonly tolerance: number
  /** Pixels around a place that smoothing asks. */
  readonly smoothBy: number
  /** A mask that becomes an outline is simplified, too. */
  readonly simplifyOutline: boolean
}

export const INITIAL_OPERATIONS: OperationSettings = {
  growBy: 2,
  speckSize: 20,
  holeSize: 0,
  tolerance: 1,
  smoothBy: 2,
  simplifyOutline: false,
}

/** Each number's least and largest value. */
export const LIMITS = {
  growBy: [1, 200],
  speckSize: [1, 1_000_000],
  holeSize: [0, 1_000_000],
  tolerance: [0.1, 50],
  smoothBy: [1, 50],
} as const satisfies Partial<Record<keyof OperationSettings, readonly [number, number]>>

/**
 * What new and changed shapes do where they meet others: nothing (objects may overlap), the others lose these pixels,
 * or the shapes themselves do.
 */
export type OverlapRule = 'free' | 'over' | 'under'
