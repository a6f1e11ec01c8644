/** How the editor shows what is there; kept with the person's settings. Owns no drawing. */

export interface ViewOptions {
  readonly opacity: number
  readonly fills: boolean
  readonly outlines: boolean
  readonly colourBy: 'class' | 'object'
  /** Class colours that stay apart for colour-blind people, and outlines dashed by class: shown only, never saved. */
  readonly safeColours: boolean
  /** The class's name on every object. */
  readonly labels: boolean
  readonly grid: boolean
  readonly minimap: boolean
  /** The panels at the right side. */
  readonly side: boolean
}

export const USUAL_VIEW: ViewOptions = {
  opacity: 0.35,
  fills: true,
  outlines: true,
  colourBy: 'class',
  safeColours: false,
  labels: false,
  grid: true,
  minimap: true,
  side: true,
}
