/**
 * How a photograph is shown: levels, brightness, contrast, gamma, one channel alone. As tables for a filter; the pixels
 * themselves are never changed. Owns the arithmetic only.
 */

export type Channel = 'colour' | 'red' | 'green' | 'blue' | 'grey'

export interface Adjustment {
  /** -100 .. 100, 0 as it is. */
  readonly brightness: number
  /** -100 .. 100, 0 as it is. */
  readonly contrast: number
  /** Above 1 lightens the dark parts. */
  readonly gamma: number
  readonly channel: Channel
  /** Values 0..255 that become black and white. */
  readonly low: number
  readonly high: number
}

export const AS_IT_IS: Adjustment = {
  brightness: 0,
  contrast: 0,
  gamma: 1,
  channel: 'colour',
  low: 0,
  high: 255,
}

export const GAMMA_RANGE = { least: 0.2, most: 5 } as const

export function isAsItIs(adjustment: Adjustment): boolean {
  return (Object.keys(AS_IT_IS) as (keyof Adjustment)[]).every((key) => adjustment[key] === AS_IT_IS[key])
}

/** What a value 0..1 of a channel is shown as, 0..1. */
export function shownLevel(adjustment: Adjustment, value: number): number {
  const { low, high, brightness, contrast, gamma } = adjustment
  const stretched = clamp((value * 255 - low) / Math.max(1, high - low))
  // The slope through the middle: a quarter turn either way; the last degree would be a step.
  const slope = Math.tan(((Math.min(99, contrast) / 100 + 1) * Math.PI) / 4)
  return clamp((stretched - 0.5) * slope + 0.5 + brightness / 200) ** (1 / gamma)
}

/** What each of the 256 values is shown as, 0..1. */
export function levelTable(adjustment: Adjustment): readonly number[] {
  return Array.from({ length: 256 }, (_, value) => shownLevel(adjustment, value / 255))
}

/** Rows of red, green, blue and alpha over (red, green, blue, alpha, 1), as feColorMatrix takes them. */
export function channelMatrix(channel: Channel): readonly number[] {
  const all = (row: readonly number[]) => [...row, ...row, ...row, 0, 0, 0, 1, 0]
  switch (channel) {
    case 'red':
      return all([1, 0, 0, 0, 0])
    case 'green':
      return all([0, 1, 0, 0, 0])
    case 'blue':
      return all([0, 0, 1, 0, 0])
    case 'grey':
      return all([0.299, 0.587, 0.114, 0, 0])
    case 'colour':
      return [1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0]
  }
}

/** A look as what is done to each pixel: the channels mixed into one by weights, then each value looked up. */
export interface PhotoLook {
  /** Null: each channel stays itself. */
  readonly weights: readonly [number, number, number] | null
  readonly table: Uint8ClampedArray
}

/** Null for a photograph that is shown as it is. */
export function lookOf(adjustment: Adjustment): PhotoLook | null {
  if (isAsItIs(adjustment)) return null
  const [red = 0, green = 0, blue = 0] = channelMatrix(adjustment.channel)
  return {
    weights: adjustment.channel === 'colour' ? null : [red, green, blue],
    table: Uint8ClampedArray.from(levelTable(adjustment), (value) => value * 255),
  }
}

/** Changes RGBA bytes in place; alpha stays. */
export function applyLook(data: Uint8ClampedArray, { weights, table }: PhotoLook): void {
  for (let i = 0; i < data.length; i += 4) {
    if (weights) {
      const mixed = Math.round(weights[0] * data[i]! + weights[1] * data[i + 1]! + weights[2] * data[i + 2]!)
      data[i] = data[i + 1] = data[i + 2] = table[mixed]!
      continue
    }
    data[i] = table[data[i]!]!
    data[i + 1] = table[data[i + 1]!]!
    data[i + 2] = table[data[i + 2]!]!
  }
}

export interface Histogram {
  readonly red: Uint32Array
  readonly green: Uint32Array
  readonly blue: Uint32Array
  /** Of 0.299 R + 0.587 G + 0.114 B. */
  readonly grey: Uint32Array
}

/** Counts of each value. `data`: RGBA bytes; what is transparent is no part of the photograph. */
export function histogramOf(data: Uint8ClampedArray): Histogram {
  const counts = () => new Uint32Array(256)
  const [red, green, blue, grey] = [counts(), counts(), counts(), counts()]
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] !== 255) continue
    const [r, g, b] = [data[i]!, data[i + 1]!, data[i + 2]!]
    red[r]!++
    green[g]!++
    blue[b]!++
    grey[Math.round(0.299 * r + 0.587 * g + 0.114 * b)]!++
  }
  return { red, green, blue, grey }
}

/** So much of the pixels may become black, and so much white. */
const CUT = 0.005

/** Levels that use the whole range: all but half a percent at either end of the channel shown. */
export function autoLevels(histogram: Histogram, channel: Channel): { low: number; high: number } {
  const counts = channel === 'colour' ? histogram.grey : histogram[channel]
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (total === 0) return { low: 0, high: 255 }
  const low = percentile(counts, total * CUT)
  const high = 255 - percentile(Uint32Array.from(counts).reverse(), total * CUT)
  return high > low ? { low, high } : { low: 0, high: 255 }
}

/** The first value below which more than `least` pixels lie. */
function percentile(counts: Uint32Array, least: number): number {
  let sum = 0
  for (let value = 0; value < 256; value++) {
    sum += counts[value]!
    if (sum > least) return value
  }
  return 255
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value))
}
