/**
 * Which parts of the image a stamp may really have changed: a large brush mostly covers what it covered a moment ago,
 * and a layer should repaint the rest only.
 */
import type { Brush } from '@/core/brush'
import type { Rect } from '@/core/points'

/** Horizontal bands a stamp is cut into: with 16 the crescent that is new is met to within some 5 % of the disc. */
const BANDS = 16
/** Below this size (image pixels) one rectangle costs less than many. */
const LARGE = 64

/**
 * The rectangle of a stroke's pixels without what the stamp at `before` had surely covered; null = nothing had been.
 * The parts include a pixel of what was covered, because an edge there is no edge any more.
 */
export function freshParts(
  dirty: Rect,
  before: { readonly x: number; readonly y: number } | null,
  brush: Brush,
): Rect[] {
  if (!before || brush.size < LARGE) return [dirty]
  const parts: Rect[] = []
  const step = Math.ceil((dirty.y1 - dirty.y0) / BANDS)
  for (let y0 = dirty.y0; y0 < dirty.y1; y0 += step) {
    const y1 = Math.min(dirty.y1, y0 + step)
    const half = coveredHalf(Math.max(Math.abs(y0 - before.y), Math.abs(y1 - before.y)) + 2, brush)
    const left = Math.floor(before.x - half)
    const right = Math.ceil(before.x + half)
    if (half <= 0 || left >= right) parts.push({ x0: dirty.x0, y0, x1: dirty.x1, y1 })
    else {
      if (left > dirty.x0) parts.push({ x0: dirty.x0, y0, x1: Math.min(left, dirty.x1), y1 })
      if (right < dirty.x1) parts.push({ x0: Math.max(right, dirty.x0), y0, x1: dirty.x1, y1 })
    }
  }
  return parts
}

/** Half the width that the brush surely covers at a vertical distance from its middle, less a pixel for the edge. */
function coveredHalf(distance: number, { size, shape }: Brush): number {
  const radius = size / 2
  if (distance >= radius) return 0
  return (shape === 'square' ? radius : Math.sqrt(radius * radius - distance * distance)) - 2
}
