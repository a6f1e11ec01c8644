/** Which vertex or edge of one object lies at a place: what vertex editing grabs. */
import type { AnnotationRecord } from './document'
import { nearestOnSegment } from './geometry'
import { imagePoint, type ImagePoint } from './points'
import { boxRing } from './raster'

/** Names a vertex: of ring `ring` of polygon `polygon`; both are 0 for boxes (corners clockwise from the top left), lines and points. */
export interface VertexRef {
  readonly polygon: number
  readonly ring: number
  readonly vertex: number
}

export interface VertexHit extends VertexRef {
  readonly kind: 'vertex'
  readonly point: ImagePoint
  readonly distance: number
}

/** A place on the edge from vertex `vertex` to the next one. */
export interface EdgeHit extends VertexRef {
  readonly kind: 'edge'
  /** The place on the edge nearest to the pointer. */
  readonly point: ImagePoint
  /** 0 at the edge's first vertex, 1 at its second. */
  readonly t: number
  readonly distance: number
}

export interface VertexPath {
  readonly polygon: number
  readonly ring: number
  readonly points: Float32Array
  readonly closed: boolean
}

/** The object's vertex nearest to the point within the tolerance (image pixels), or null. */
export function nearestVertex(record: AnnotationRecord, at: ImagePoint, tolerance: number): VertexHit | null {
  let best: VertexHit | null = null
  for (const { polygon, ring, points } of pathsOf(record)) {
    for (let i = 0; i < points.length; i += 2) {
      const distance = Math.hypot(points[i]! - at.x, points[i + 1]! - at.y)
      if (distance > tolerance || (best !== null && distance >= best.distance)) continue
      const point = imagePoint(points[i]!, points[i + 1]!)
      best = { kind: 'vertex', polygon, ring, vertex: i / 2, point, distance }
    }
  }
  return best
}

/** The place on the object's outline nearest to the point within the tolerance (image pixels), or null. */
export function nearestEdge(record: AnnotationRecord, at: ImagePoint, tolerance: number): EdgeHit | null {
  let best: EdgeHit | null = null
  for (const { polygon, ring, points, closed } of pathsOf(record)) {
    const edges = points.length / 2 - (closed ? 0 : 1)
    for (let vertex = 0; vertex < edges; vertex++) {
      const [a, b] = [2 * vertex, (2 * vertex + 2) % points.length]
      const [xa, ya, xb, yb] = [points[a]!, points[a + 1]!, points[b]!, points[b + 1]!]
      const { t, squared } = nearestOnSegment(xa, ya, xb, yb, at.x, at.y)
      const distance = Math.sqrt(squared)
      if (distance > tolerance || (best !== null && distance >= best.distance)) continue
      const point = imagePoint(xa + t * (xb - xa), ya + t * (yb - ya))
      best = { kind: 'edge', polygon, ring, vertex, point, t, distance }
    }
  }
  return best
}

/** A vertex within the tolerance, or else a place on an edge; vertices win, they are the smaller target. */
export function nearestHandle(
  record: AnnotationRecord,
  at: ImagePoint,
  tolerance: number,
): VertexHit | EdgeHit | null {
  return nearestVertex(record, at, tolerance) ?? nearestEdge(record, at, tolerance)
}

/** The vertices inside a rectangle (to drag many at once). */
export function verticesIn(
  record: AnnotationRecord,
  rect: { x0: number; y0: number; x1: number; y1: number },
): VertexRef[] {
  return pathsOf(record).flatMap(({ polygon, ring, points }) =>
    Array.from({ length: points.length / 2 }, (_, vertex) => ({ polygon, ring, vertex })).filter(
      ({ vertex }) => {
        const [x, y] = [points[2 * vertex]!, points[2 * vertex + 1]!]
        return x >= rect.x0 && x < rect.x1 && y >= rect.y0 && y < rect.y1
      },
    ),
  )
}

/** The flat points of each ring or line of an object, with the numbers that name them; none for masks. */
export function pathsOf(record: AnnotationRecord): VertexPath[] {
  switch (record.kind) {
    case 'polygon':
      return record.polygons.flatMap((rings, polygon) =>
        rings.map((points, ring) => ({ polygon, ring, points, closed: true })),
      )
    case 'box':
      return [{ polygon: 0, ring: 0, points: boxRing(record.box), closed: true }]
    case 'polyline':
      return [{ polygon: 0, ring: 0, points: record.points, closed: false }]
    case 'point':
      return [{ polygon: 0, ring: 0, points: record.points, closed: false }]
    case 'mask':
      return []
  }
}
