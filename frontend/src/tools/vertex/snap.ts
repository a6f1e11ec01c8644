/** Where a vertex sticks to a neighbour: on its nearest vertex exactly, or else on its nearest edge. */
import { type EdgeHit, nearestEdge, nearestVertex, type VertexHit } from '@/core/handles'
import type { ImagePoint } from '@/core/points'

import { reach, type ToolContext } from '../context'
import { isShown } from '../visibility'

/** How far on screen a neighbour draws a vertex to itself. */
const SNAP_REACH = 12

/** Null: no other object that can be seen is near. Vertices win over edges, however near those are. */
export function neighbourAt(context: ToolContext, own: string, at: ImagePoint): VertexHit | EdgeHit | null {
  const within = reach(context, SNAP_REACH)
  const around = { x0: at.x - within, y0: at.y - within, x1: at.x + within, y1: at.y + within }
  const others = context.index
    .query(around)
    .filter((record) => record.id !== own && isShown(context.state.get(), record))
  const nearest = (hits: readonly (VertexHit | EdgeHit | null)[]) =>
    hits.reduce((best, hit) => (hit && (!best || hit.distance < best.distance) ? hit : best), null)
  return (
    nearest(others.map((record) => nearestVertex(record, at, within))) ??
    nearest(others.map((record) => nearestEdge(record, at, within)))
  )
}
