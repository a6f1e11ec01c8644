/**
 * Points and rectangles, branded by the space they live in, so that image and screen can't be mixed up.
 *
 * Image space: continuous image pixels, origin at the top-left corner of the top-left pixel, y down.
 * Screen space: CSS pixels relative to the canvas's top-left corner, y down.
 */

declare const space: unique symbol

export interface ImagePoint {
  readonly x: number
  readonly y: number
  readonly [space]: 'image'
}

export interface ScreenPoint {
  readonly x: number
  readonly y: number
  readonly [space]: 'screen'
}

/** An axis-aligned rectangle in image pixels, x0 <= x1 and y0 <= y1; half-open where it counts pixels. */
export interface Rect {
  readonly x0: number
  readonly y0: number
  readonly x1: number
  readonly y1: number
}

export function imagePoint(x: number, y: number): ImagePoint {
  return { x, y } as ImagePoint
}

export function screenPoint(x: number, y: number): ScreenPoint {
  return { x, y } as ScreenPoint
}

/** Distance between two points of the same space. */
export function distance<P extends ImagePoint | ScreenPoint>(a: P, b: P): number {
  return Math.hypot(b.x - a.x, b.y - a.y)
}

/** The smallest rectangle that holds both; a missing one counts as empty. */
export function unionRect(a: Rect | null, b: Rect | null): Rect | null {
  if (a === null) return b
  if (b === null) return a
  return {
    x0: Math.min(a.x0, b.x0),
    y0: Math.min(a.y0, b.y0),
    x1: Math.max(a.x1, b.x1),
    y1: Math.max(a.y1, b.y1),
  }
}

/** The common part, or null when the rectangles share no area. */
export function intersectRect(a: Rect, b: Rect): Rect | null {
  const x0 = Math.max(a.x0, b.x0)
  const y0 = Math.max(a.y0, b.y0)
  const x1 = Math.min(a.x1, b.x1)
  const y1 = Math.min(a.y1, b.y1)
  return x0 < x1 && y0 < y1 ? { x0, y0, x1, y1 } : null
}
