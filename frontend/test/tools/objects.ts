/** Objects that the tools' tests start from. */
import { type AnnotationRecord, makeBox, newRecord } from '../../src/core/document'

export function square(id: string, x: number, y: number, side = 10, classIndex = 1): AnnotationRecord {
  const ring = Float32Array.of(x, y, x + side, y, x + side, y + side, x, y + side)
  return newRecord({ id, classIndex }, { kind: 'polygon', polygons: [[ring]] })
}

export function box(id: string, x0: number, y0: number, x1: number, y1: number): AnnotationRecord {
  return newRecord({ id, classIndex: 1 }, { kind: 'box', box: makeBox(x0, y0, x1, y1) })
}

/** A mask of a full rectangle of pixels. */
export function maskOf(id: string, x: number, y: number, width: number, height: number): AnnotationRecord {
  const counts = Uint32Array.of(0, width * height)
  return newRecord({ id, classIndex: 1 }, { kind: 'mask', mask: { x, y, width, height, counts } })
}
