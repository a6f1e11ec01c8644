/** Which borders a new outline may follow: those of the objects that are shown, and the image's own. */
import {
  type AnnotationRecord,
  geometryOf,
  type MaskGeometry,
  type Polygon,
  type Ring,
} from '@/core/document'
import { boxToPolygon, maskToPolygons } from '@/core/editing'
import { type BorderPlace, nearestPlace } from '@/core/operations/borders'
import type { ImagePoint } from '@/core/points'

import { EDGE_REACH, reach, type ToolContext, VERTEX_REACH } from '../context'
import { isShown } from '../visibility'

/** Outlines that have to be made from masks and boxes; a ring must stay the same one while it is followed. */
const traced = new WeakMap<MaskGeometry | AnnotationRecord, readonly Polygon[]>()
const frames = new WeakMap<ToolContext, Ring>()

/** The place on a border that a person means by a point, or null. `from`: see `nearestPlace`. */
export function placeNear(
  context: ToolContext,
  point: ImagePoint,
  options: { readonly from: BorderPlace | null; readonly except: string | null },
): BorderPlace | null {
  const reaches = { vertex: reach(context, VERTEX_REACH), edge: reach(context, EDGE_REACH) }
  const { x, y } = point
  const d = reaches.vertex
  const state = context.state.get()
  const near = context.index
    .query({ x0: x - d, y0: y - d, x1: x + d, y1: y + d })
    .filter((record) => record.id !== options.except && isShown(state, record))
  const rings = [...near.flatMap((record) => outlineOf(record).flat()), frameOf(context)]
  return nearestPlace(rings, x, y, reaches, options.from)
}

function outlineOf(record: AnnotationRecord): readonly Polygon[] {
  const geometry = geometryOf(record)
  switch (geometry.kind) {
    case 'polygon':
      return geometry.polygons
    case 'mask':
      return kept(geometry.mask, () => maskToPolygons(geometry.mask))
    case 'box':
      return kept(record, () => [boxToPolygon(geometry.box)])
    case 'polyline':
    case 'point':
      return []
  }
}

function kept(key: MaskGeometry | AnnotationRecord, make: () => readonly Polygon[]): readonly Polygon[] {
  const outline = traced.get(key) ?? make()
  traced.set(key, outline)
  return outline
}

/** The image's border as a ring. */
function frameOf(context: ToolContext): Ring {
  const { width, height } = context
  const frame = frames.get(context) ?? Float32Array.of(0, 0, width, 0, width, height, 0, height)
  frames.set(context, frame)
  return frame
}
