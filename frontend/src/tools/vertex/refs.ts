/** Small questions about vertices of one object. */
import type { AnnotationRecord } from '@/core/document'
import { hasSelfCrossing } from '@/core/crossings'
import type { VertexRef } from '@/core/handles'
import { imagePoint, type ImagePoint } from '@/core/points'
import { boxRing } from '@/core/raster'

export function sameRef(a: VertexRef, b: VertexRef): boolean {
  return a.vertex === b.vertex && a.ring === b.ring && a.polygon === b.polygon
}

export function selfCrossing(record: AnnotationRecord): boolean {
  return record.kind === 'polygon' && hasSelfCrossing(record.polygons)
}

/** The flat points that a reference counts in; empty for masks. */
export function pathOf(record: AnnotationRecord, ref: VertexRef): Float32Array {
  switch (record.kind) {
    case 'polygon':
      return record.polygons[ref.polygon]?.[ref.ring] ?? new Float32Array(0)
    case 'box':
      return boxRing(record.box)
    case 'polyline':
    case 'point':
      return record.points
    case 'mask':
      return new Float32Array(0)
  }
}

export function placesOf(
  record: AnnotationRecord,
  refs: readonly VertexRef[],
): { readonly ref: VertexRef; readonly point: ImagePoint }[] {
  return refs.flatMap((ref) => {
    const path = pathOf(record, ref)
    const x = path[2 * ref.vertex]
    const y = path[2 * ref.vertex + 1]
    return x === undefined || y === undefined ? [] : [{ ref, point: imagePoint(x, y) }]
  })
}
