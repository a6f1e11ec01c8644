/** What the smart region can be told. */
export interface SmartSettings {
  /** The share of the box, an ellipse in its middle, that is held for the object; 0 for hollow ones. */
  readonly core: number
  readonly iterations: number
}

export const SMART: SmartSettings = { core: 0.5, iterations: 1 }
