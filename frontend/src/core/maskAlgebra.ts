/** Union, difference and intersection of masks that lie anywhere in the image: on run lengths, never on pixels. */
import type { MaskGeometry } from './document'
import { intersectRect, type Rect, unionRect } from './points'
import { crop, EMPTY_MASK, merge, reframe, subtract } from './rle'

/** The image pixels that a mask's crop covers. */
export function frameOf({ x, y, width, height }: MaskGeometry): Rect {
  return { x0: x, y0: y, x1: x + width, y1: y + height }
}

/** Pixels that are in either mask. */
export function joinMasks(a: MaskGeometry, b: MaskGeometry): MaskGeometry {
  if (a.width === 0) return b
  if (b.width === 0) return a
  const frame = unionRect(frameOf(a), frameOf(b))!
  return place(merge([runsIn(a, frame), runsIn(b, frame)]), frame)
}

/** Pixels of `a` that are not in `b`; `a` itself where they share none. */
export function subtractMasks(a: MaskGeometry, b: MaskGeometry): MaskGeometry {
  if (a.width === 0 || b.width === 0 || !intersectRect(frameOf(a), frameOf(b))) return a
  const frame = frameOf(a)
  return place(subtract(a.counts, runsIn(b, frame)), frame)
}

/** Pixels that are in both masks. */
export function intersectMasks(a: MaskGeometry, b: MaskGeometry): MaskGeometry {
  const frame = a.width === 0 || b.width === 0 ? null : intersectRect(frameOf(a), frameOf(b))
  if (!frame) return EMPTY_MASK
  return place(merge([runsIn(a, frame), runsIn(b, frame)], { intersect: true }), frame)
}

/** A mask's runs over a rectangle of the image; what lies outside it is left out. */
export function runsIn(mask: MaskGeometry, { x0, y0, x1, y1 }: Rect): Uint32Array {
  const frame = { x0: x0 - mask.x, y0: y0 - mask.y, x1: x1 - mask.x, y1: y1 - mask.y }
  return reframe(mask.counts, mask.height, frame)
}

/** The mask of runs over a rectangle of the image, cropped to what is set. */
export function place(counts: Uint32Array, { x0, y0, x1, y1 }: Rect): MaskGeometry {
  const cropped = crop(counts, y1 - y0, x1 - x0)
  return cropped.width === 0 ? EMPTY_MASK : { ...cropped, x: cropped.x + x0, y: cropped.y + y0 }
}
