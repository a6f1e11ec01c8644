/** Masks, labels and answers for the tests of assists. */
import type { MaskGeometry } from '@/core/document'
import type { Labels } from '@/core/labels'

/** All pixels of a rectangle. */
export function block(x0: number, y0: number, x1: number, y1: number): MaskGeometry {
  const counts = Uint32Array.of(0, (x1 - x0) * (y1 - y0))
  return { x: x0, y: y0, width: x1 - x0, height: y1 - y0, counts }
}

/** A region of 100 x 100 in four columns of 25: 0, 1, 2, 3. */
export const COLUMNS: Labels = {
  frame: { x0: 0, y0: 0, x1: 100, y1: 100 },
  width: 100,
  height: 100,
  count: 4,
  data: Uint16Array.from({ length: 10_000 }, (_, i) => Math.floor((i % 100) / 25)),
}
