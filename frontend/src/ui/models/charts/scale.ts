/** Scales and ticks of the charts: from values to pixels and back. Owns no drawing. */

export interface Scale {
  readonly from: number
  readonly to: number
  readonly log: boolean
  /** Pixels of a value. */
  readonly at: (value: number) => number
}

/** A scale from `from`..`to` in values onto `start`..`end` in pixels; a range without extent is widened. */
export function scaleOf(
  domain: readonly [number, number],
  range: readonly [number, number],
  { log = false }: { readonly log?: boolean } = {},
): Scale {
  let [from, to] = domain
  if (from === to) {
    const half = from === 0 ? 1 : Math.abs(from) * 0.1
    from -= log ? 0 : half
    to += half
  }
  const shape = (value: number) => (log ? Math.log10(value) : value)
  const [low, high] = [shape(from), shape(to)]
  const [start, end] = range
  return { from, to, log, at: (value) => start + ((shape(value) - low) / (high - low)) * (end - start) }
}

const STEPS = [1, 2, 5, 10] as const

/** Round numbers within from..to, about `count` of them, in 1-2-5 steps. */
export function niceTicks(from: number, to: number, count: number): number[] {
  if (!(to > from) || count < 1) return [from]
  const rough = (to - from) / count
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * (STEPS.find((each) => each * power >= rough * 0.75) ?? 10)
  const first = Math.ceil(from / step - 1e-9)
  const last = Math.floor(to / step + 1e-9)
  const digits = Math.max(0, -Math.floor(Math.log10(step)) + 1)
  return Array.from({ length: last - first + 1 }, (_, each) =>
    Number(((first + each) * step).toFixed(digits)),
  )
}

/** Powers of ten within from..to; where few lie there, also the 2s and 5s, and in a narrow range any round numbers. */
export function logTicks(from: number, to: number): number[] {
  const powers: number[] = []
  for (let power = Math.floor(Math.log10(from)); power <= Math.ceil(Math.log10(to)); power += 1)
    powers.push(power)
  const inside = (value: number) => value >= from * 0.999 && value <= to * 1.001
  const tens = powers.map((power) => 10 ** power).filter(inside)
  if (tens.length >= 2) return tens
  const more = powers.flatMap((power) => [1, 2, 5].map((digit) => digit * 10 ** power)).filter(inside)
  return more.length >= 3 ? more : niceTicks(from, to, 3)
}

export interface Dot {
  readonly x: number
  readonly y: number
}

/** An SVG path through the points; the line breaks where a value is not known. */
export function pathOf(
  dots: readonly { readonly x: number; readonly y: number | null }[],
  x: Scale,
  y: Scale,
): string {
  let pen = 'M'
  let path = ''
  for (const dot of dots) {
    if (dot.y === null || !Number.isFinite(dot.y) || (y.log && dot.y <= 0)) {
      pen = 'M'
      continue
    }
    path += `${pen}${x.at(dot.x).toFixed(1)} ${y.at(dot.y).toFixed(1)}`
    pen = 'L'
  }
  return path
}

/** At most about `most` points: of each stretch the lowest and the highest stay, so that no spike is lost. */
export function thinned(dots: readonly Dot[], most: number): readonly Dot[] {
  if (dots.length <= most) return dots
  const kept: Dot[] = []
  const stretch = Math.ceil(dots.length / (most / 2))
  for (let start = 0; start < dots.length; start += stretch) {
    const part = dots.slice(start, start + stretch)
    const low = part.reduce((one, other) => (other.y < one.y ? other : one))
    const high = part.reduce((one, other) => (other.y > one.y ? other : one))
    kept.push(...(low === high ? [low] : low.x < high.x ? [low, high] : [high, low]))
  }
  return kept
}

/** An exponential mean that starts without bias: what a noisy loss does beneath its noise. */
export function smoothed(dots: readonly Dot[], weight: number): readonly Dot[] {
  let mean = 0
  let share = 0
  return dots.map((dot) => {
    mean = weight * mean + (1 - weight) * dot.y
    share = weight * share + (1 - weight)
    return { x: dot.x, y: mean / share }
  })
}

/** The position of the dot whose x is nearest; -1 for none. The dots are ordered by x. */
export function nearest(dots: readonly { readonly x: number }[], x: number): number {
  if (dots.length === 0) return -1
  let low = 0
  let high = dots.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (dots[middle]!.x < x) low = middle + 1
    else high = middle
  }
  return low > 0 && x - dots[low - 1]!.x <= dots[low]!.x - x ? low - 1 : low
}
