/** What superpixels can be told. */
export interface SuperpixelSettings {
  readonly count: number
  /** Low follows colours closely, high gives square pieces. */
  readonly compactness: number
}

export const SUPERPIXELS: SuperpixelSettings = { count: 300, compactness: 10 }
