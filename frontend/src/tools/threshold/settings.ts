/** What the threshold can be told. */
export type ThresholdMode = 'otsu' | 'multi_otsu' | 'range'
export type Channel = 'grey' | 'red' | 'green' | 'blue' | 'lightness' | 'saturation'

export interface ThresholdSettings {
  readonly mode: ThresholdMode
  readonly channel: Channel
  readonly side: 'bright' | 'dark'
  readonly classes: number
  /** Which group is taken, 0 the darkest. */
  readonly level: number
  readonly low: number
  readonly high: number
}

export const THRESHOLD: ThresholdSettings = {
  mode: 'otsu',
  channel: 'grey',
  side: 'bright',
  classes: 3,
  level: 2,
  low: 128,
  high: 255,
}
export const CHANNELS: readonly Channel[] = ['grey', 'red', 'green', 'blue', 'lightness', 'saturation']
