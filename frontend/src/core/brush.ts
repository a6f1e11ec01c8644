/**
 * Which pixels a brush stroke covers.
 *
 * The brush has hard edges. A pixel belongs to a stroke from `from` to `to` when its centre lies in the brush at some
 * place on the way; the brush's own outline counts at the top and left and not at the bottom and right (half-open, the
 * rasteriser's rule), so a brush of even size on a pixel corner, or of odd size on a pixel centre, is symmetrical.
 */
import type { Rect } from './points'
import type { SpanVisitor } from './raster'

export type BrushShape = 'round' | 'square'

/** `size`: diameter or side, in image pixels, > 0. */
export interface Brush {
  readonly size: number
  readonly shape: BrushShape
}

interface XY {
  readonly x: number
  readonly y: number
}

type Interval = [low: number, high: number]

/** Visits the pixels of a stroke inside `bounds` (whole pixels): one run of pixels a row. */
export function forEachBrushSpan(from: XY, to: XY, brush: Brush, bounds: Rect, visit: SpanVisitor): void {
  const radius = brush.size / 2
  const first = Math.max(bounds.y0, Math.ceil(Math.min(from.y, to.y) - radius - 0.5))
  const last = Math.min(bounds.y1, Math.ceil(Math.max(from.y, to.y) + radius - 0.5))
  const row = brush.shape === 'round' ? roundRow(from, to, radius) : squareRow(from, to, radius)
  for (let j = first; j < last; j++) {
    const [low, high] = row(j + 0.5)
    const x0 = Math.max(bounds.x0, Math.ceil(low - 0.5))
    const x1 = Math.min(bounds.x1, Math.ceil(high - 0.5))
    if (x0 < x1) visit(j, x0, x1)
  }
}

/** Moves the centre of a brush so that it is symmetrical: odd sizes to a pixel's centre, even ones to a corner. */
export function snapBrush(at: XY, size: number): XY {
  const whole = Math.round(size)
  if (whole % 2 === 1) return { x: Math.floor(at.x) + 0.5, y: Math.floor(at.y) + 0.5 }
  return { x: Math.round(at.x), y: Math.round(at.y) }
}

/** A disc drawn along a segment: two discs and the rectangle between them. */
function roundRow(from: XY, to: XY, radius: number): (yc: number) => Interval {
  const sides = rectangleAlong(from, to, radius)
  return (yc) => {
    const interval: Interval = [Infinity, -Infinity]
    for (const centre of [from, to]) {
      const dy = yc - centre.y
      if (dy < -radius || dy >= radius) continue
      const half = Math.sqrt(Math.max(0, radius * radius - dy * dy))
      interval[0] = Math.min(interval[0], centre.x - half)
      interval[1] = Math.max(interval[1], centre.x + half)
    }
    for (const [xa, ya, xb, yb] of sides) {
      if (yc < ya || yc >= yb) continue
      const x = xa + ((yc - ya) * (xb - xa)) / (yb - ya)
      interval[0] = Math.min(interval[0], x)
      interval[1] = Math.max(interval[1], x)
    }
    return interval
  }
}

/** The sides of the rectangle that a disc's diameter sweeps, each from its upper to its lower end. */
function rectangleAlong(from: XY, to: XY, radius: number): (readonly [number, number, number, number])[] {
  const length = Math.hypot(to.x - from.x, to.y - from.y)
  if (length === 0) return []
  const nx = (-(to.y - from.y) / length) * radius
  const ny = ((to.x - from.x) / length) * radius
  const corners = [
    [from.x + nx, from.y + ny],
    [to.x + nx, to.y + ny],
    [to.x - nx, to.y - ny],
    [from.x - nx, from.y - ny],
  ] as const
  return corners.map(([xa, ya], k) => {
    const [xb, yb] = corners[(k + 1) % 4]!
    return ya <= yb ? [xa, ya, xb, yb] : [xb, yb, xa, ya]
  })
}

/** An upright square drawn along a segment: the way's part on which the square reaches the row. */
function squareRow(from: XY, to: XY, radius: number): (yc: number) => Interval {
  const [dx, dy] = [to.x - from.x, to.y - from.y]
  const xAt = (t: number): number => (t === 1 ? to.x : from.x + t * dx)
  return (yc) => {
    const [start, end] = reach(yc, from.y, dy, radius)
    if (start > end) return [Infinity, -Infinity]
    const [xs, xe] = [xAt(start), xAt(end)]
    return [Math.min(xs, xe) - radius, Math.max(xs, xe) + radius]
  }
}

/** The t in 0..1 for which y(t) - radius <= yc < y(t) + radius, with y(t) = y + t dy; start > end when there is none. */
function reach(yc: number, y: number, dy: number, radius: number): Interval {
  if (dy === 0) return y - radius <= yc && yc < y + radius ? [0, 1] : [1, 0]
  const inclusive = (yc + radius - y) / dy
  const exclusive = (yc - radius - y) / dy
  const start = Math.max(0, Math.min(inclusive, exclusive))
  const end = Math.min(1, Math.max(inclusive, exclusive))
  return start === end && start === exclusive ? [1, 0] : [start, end]
}
