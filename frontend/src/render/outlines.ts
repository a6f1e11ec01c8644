/** A mask's outline along pixel edges: found once and kept as long as the mask lives. */
import type { MaskGeometry } from '@/core/document'

import { maskSegments } from './maskPaint'

const segmentsOf = new WeakMap<MaskGeometry, Float32Array>()

/** [x0, y0, x1, y1, ...] in image pixels. */
export function outlineOf(mask: MaskGeometry): Float32Array {
  let segments = segmentsOf.get(mask)
  if (!segments) {
    segments = maskSegments(mask)
    segmentsOf.set(mask, segments)
  }
  return segments
}
