/** Vertex editing by keyboard: from vertex to vertex, a new vertex beside the chosen one, and the rings they belong to. */
import type { AnnotationRecord, Geometry } from '@/core/document'
import { geometryOf } from '@/core/document'
import { insertVertex } from '@/core/editing'
import { pathsOf, type VertexRef } from '@/core/handles'
import { imagePoint, type ImagePoint } from '@/core/points'
import { imageToScreen, pan } from '@/core/viewport'

import type { ToolContext } from '../context'
import { pathOf, sameRef } from './refs'

/** All vertices of the object, ring after ring. */
export function allVertices(record: AnnotationRecord): VertexRef[] {
  return pathsOf(record).flatMap(({ polygon, ring, points }) =>
    Array.from({ length: points.length / 2 }, (_, vertex) => ({ polygon, ring, vertex })),
  )
}

/** The vertices of the ring (or line) that a vertex belongs to. */
export function ringOf(record: AnnotationRecord, of: Pick<VertexRef, 'polygon' | 'ring'>): VertexRef[] {
  return allVertices(record).filter(({ polygon, ring }) => polygon === of.polygon && ring === of.ring)
}

/** The vertex after (1) or before (-1) the one chosen last, round and round; null: the object has none. */
export function nextVertex(
  record: AnnotationRecord,
  chosen: readonly VertexRef[],
  by: 1 | -1,
): VertexRef | null {
  const all = allVertices(record)
  const last = chosen.at(-1)
  const at = last ? all.findIndex((ref) => sameRef(ref, last)) : -1
  const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : (at + by + all.length) % all.length
  return all[next] ?? null
}

/** A vertex in the middle of the edge that begins at a vertex. Null: there is no such edge. */
export function withMiddle(
  record: AnnotationRecord,
  ref: VertexRef,
): { readonly geometry: Geometry; readonly ref: VertexRef } | null {
  const path = pathOf(record, ref)
  const open = record.kind === 'polyline'
  const last = ref.vertex === path.length / 2 - 1
  const from = open && last ? ref.vertex - 1 : ref.vertex
  const [a, b] = [2 * from, (2 * from + 2) % path.length]
  const point = imagePoint(
    Math.fround((path[a]! + path[b]!) / 2),
    Math.fround((path[a + 1]! + path[b + 1]!) / 2),
  )
  const edge = { kind: 'edge' as const, ...ref, vertex: from, point, t: 0.5, distance: 0 }
  const geometry = insertVertex(geometryOf(record), edge)
  return geometry && { geometry, ref: { ...ref, vertex: from + 1 } }
}

/** How far from the canvas's border a vertex that was walked to lies, CSS pixels. */
const MARGIN = 40

/** Moves the image, where the point is off screen, so that it is on it. */
export function bringIntoView(context: ToolContext, point: ImagePoint): void {
  const view = context.view()
  const { x, y } = imageToScreen(view, point)
  const into = (value: number, size: number) =>
    value < MARGIN ? MARGIN - value : value > size - MARGIN ? size - MARGIN - value : 0
  const [dx, dy] = [into(x, view.width), into(y, view.height)]
  if (dx !== 0 || dy !== 0) context.setView(pan(view, dx, dy))
}
