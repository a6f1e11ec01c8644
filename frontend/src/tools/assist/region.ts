/**
 * Which part of the image an assist looks at: around what was marked, matched to the zoom, never more than the method
 * works on at full detail, unless the marks themselves reach farther. Whole pixels within the image.
 */
import type { MaskGeometry } from '@/core/document'
import { frameOf } from '@/core/maskAlgebra'
import { intersectRect, type Rect, unionRect } from '@/core/points'
import { type Viewport, visibleRect } from '@/core/viewport'

export interface Size {
  readonly width: number
  readonly height: number
}

/** A region begins no smaller than this, so that a few pixels seen very large still have surroundings. */
const LEAST_SIDE = 256
/** Background that shows around a box or strokes: this share of the longer side, at least so many pixels. */
const MARGIN = { share: 0.25, least: 8 }

/** The side of a square around a click: what is on screen, within what leaves room to widen. */
export function sideAt(view: Viewport, longest: number): number {
  const seen = Math.max(view.width, view.height) / view.scale
  return Math.round(Math.min(longest, Math.max(Math.min(LEAST_SIDE, longest), Math.min(seen, longest / 2))))
}

/** A square about a point, moved to lie within the image (and cut where the image is smaller). */
export function regionAround(
  at: { readonly x: number; readonly y: number },
  side: number,
  image: Size,
): Rect {
  return placed({ x0: at.x, y0: at.y, x1: at.x, y1: at.y }, side, side, image)
}

/** What of the image is on screen; its middle where that is more than the method looks at. Null: none of it. */
export function regionOfView(view: Viewport, longest: number, image: Size): Rect | null {
  const whole = { x0: 0, y0: 0, x1: image.width, y1: image.height }
  const seen = intersectRect(visibleRect(view), whole)
  if (!seen) return null
  const [width, height] = [Math.ceil(seen.x1 - seen.x0), Math.ceil(seen.y1 - seen.y0)]
  return placed(seen, Math.min(longest, width), Math.min(longest, height), image)
}

/** The bounds of what was marked with some background around them. */
export function regionWithMargin(bounds: Rect, image: Size): Rect {
  const longer = Math.max(bounds.x1 - bounds.x0, bounds.y1 - bounds.y0)
  const margin = Math.max(MARGIN.least, MARGIN.share * longer)
  return {
    x0: Math.max(0, Math.floor(bounds.x0 - margin)),
    y0: Math.max(0, Math.floor(bounds.y0 - margin)),
    x1: Math.min(image.width, Math.ceil(bounds.x1 + margin)),
    y1: Math.min(image.height, Math.ceil(bounds.y1 + margin)),
  }
}

/** The region grown to hold points as well. */
export function regionHolding(
  region: Rect,
  points: readonly { readonly x: number; readonly y: number }[],
): Rect {
  return points.reduce<Rect>(
    (sum, { x, y }) =>
      unionRect(sum, { x0: Math.floor(x), y0: Math.floor(y), x1: Math.ceil(x), y1: Math.ceil(y) })!,
    region,
  )
}

/** Whether the mask ends only because the region does (the image's own border is no reason). */
export function isCut(mask: MaskGeometry, region: Rect, image: Size): boolean {
  if (mask.width === 0) return false
  const { x0, y0, x1, y1 } = frameOf(mask)
  return (
    (x0 <= region.x0 && region.x0 > 0) ||
    (y0 <= region.y0 && region.y0 > 0) ||
    (x1 >= region.x1 && region.x1 < image.width) ||
    (y1 >= region.y1 && region.y1 < image.height)
  )
}

/** The region with twice the side, up to `longest`; null when it cannot grow. */
export function widened(region: Rect, longest: number, image: Size): Rect | null {
  const grow = (length: number, end: number) => Math.max(length, Math.min(2 * length, longest, end))
  const [width, height] = [region.x1 - region.x0, region.y1 - region.y0]
  const [wide, high] = [grow(width, image.width), grow(height, image.height)]
  return wide === width && high === height ? null : placed(region, wide, high, image)
}

/** Whether the server scales the region down before it looks at it. */
export function isCoarse(region: Rect, longest: number): boolean {
  return Math.max(region.x1 - region.x0, region.y1 - region.y0) > longest
}

/** A rectangle of this size about the middle of another, moved to lie within the image. */
function placed(about: Rect, width: number, height: number, image: Size): Rect {
  const place = (low: number, high: number, length: number, end: number) => {
    const size = Math.min(length, end)
    const start = Math.min(Math.max(0, Math.round((low + high - size) / 2)), end - size)
    return [start, start + size] as const
  }
  const [x0, x1] = place(about.x0, about.x1, width, image.width)
  const [y0, y1] = place(about.y0, about.y1, height, image.height)
  return { x0, y0, x1, y1 }
}
