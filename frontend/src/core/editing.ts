/**
 * Operations on one object that tools perform. Each is pure: it gives a new geometry, or null when it is refused.
 *
 * Owns what an edit means for the shape. Does not own the store (a tool puts the result into a transaction).
 */
import { makeBox, type Box, type Geometry, type MaskGeometry, type Polygon, type Ring } from './document'
import { isSelfCrossing } from './crossings'
import { pointInPolygon, ringArea } from './geometry'
import type { EdgeHit, VertexRef } from './handles'
import type { ImagePoint } from './points'
import { boxRing } from './raster'
import { bbox, crop, EMPTY_MASK, expand } from './rle'
import { maskOfColumns, rowsOfPolygons, transpose } from './runs'
import { traceMask } from './trace'

export const MIN_RING_POINTS = 3
const MIN_POINTS = { polyline: 2, point: 1 } as const

/** Moves one vertex to a place; of a box, one corner (the opposite one stays). Masks have no vertices: null. */
export function moveVertex(geometry: Geometry, ref: VertexRef, to: ImagePoint): Geometry | null {
  return moveVertices(geometry, [{ ...ref, x: to.x, y: to.y }])
}

/** Moves several vertices, each to its own place. */
export function moveVertices(
  geometry: Geometry,
  moves: readonly (VertexRef & { readonly x: number; readonly y: number })[],
): Geometry | null {
  switch (geometry.kind) {
    case 'polygon':
      return { kind: 'polygon', polygons: movePolygons(geometry.polygons, moves) }
    case 'box':
      return { kind: 'box', box: moves.reduce(moveCorner, geometry.box) }
    case 'polyline':
    case 'point':
      return { kind: geometry.kind, points: movePath(geometry.points, moves) }
    case 'mask':
      return null
  }
}

/** Puts a new vertex on an edge, at the place that was hit. Boxes, points and masks: null. */
export function insertVertex(geometry: Geometry, edge: EdgeHit): Geometry | null {
  const insert = (points: Float32Array): Float32Array =>
    splice(points, edge.vertex + 1, 0, edge.point.x, edge.point.y)
  if (geometry.kind === 'polygon') return replaceRing(geometry.polygons, edge, insert)
  if (geometry.kind === 'polyline') return { kind: 'polyline', points: insert(geometry.points) }
  return null
}

/** Takes a vertex out. Null where too few would remain: 3 for a ring, 2 for a line, 1 for points; boxes and masks. */
export function deleteVertex(geometry: Geometry, ref: VertexRef): Geometry | null {
  if (geometry.kind === 'polygon') {
    const ring = geometry.polygons[ref.polygon]?.[ref.ring]
    if (ring === undefined || ring.length / 2 <= MIN_RING_POINTS) return null
    return replaceRing(geometry.polygons, ref, (points) => splice(points, ref.vertex, 1))
  }
  if (geometry.kind !== 'polyline' && geometry.kind !== 'point') return null
  if (geometry.points.length / 2 <= MIN_POINTS[geometry.kind]) return null
  return { kind: geometry.kind, points: splice(geometry.points, ref.vertex, 1) }
}

/** Moves the whole object. Masks move by whole pixels, the nearest to (dx, dy). */
export function translate(geometry: Geometry, dx: number, dy: number): Geometry {
  switch (geometry.kind) {
    case 'polygon': {
      const move = (ring: Ring): Ring => translatePath(ring, dx, dy)
      return { kind: 'polygon', polygons: geometry.polygons.map((polygon) => polygon.map(move)) }
    }
    case 'mask': {
      const { mask } = geometry
      return { kind: 'mask', mask: { ...mask, x: mask.x + Math.round(dx), y: mask.y + Math.round(dy) } }
    }
    case 'box': {
      const [x0, y0, x1, y1] = geometry.box
      return { kind: 'box', box: makeBox(x0 + dx, y0 + dy, x1 + dx, y1 + dy) }
    }
    case 'polyline':
    case 'point':
      return { kind: geometry.kind, points: translatePath(geometry.points, dx, dy) }
  }
}

/** Cuts a mask at the image's border, as the server needs it; null when nothing of it is left. */
export function clipMask(mask: MaskGeometry, width: number, height: number): MaskGeometry | null {
  const inside = mask.x >= 0 && mask.y >= 0 && mask.x + mask.width <= width && mask.y + mask.height <= height
  const clipped = inside ? mask : crop(expand(mask, height, width), height, width)
  return clipped.width > 0 ? clipped : null
}

/**
 * Cuts a hole into the polygon that holds it. Null when the ring crosses itself, or doesn't lie within one polygon with
 * all its vertices.
 */
export function addHole(polygons: readonly Polygon[], hole: Ring): Polygon[] | null {
  if (hole.length / 2 < MIN_RING_POINTS || isSelfCrossing(hole) || ringArea(hole) === 0) return null
  const around = polygons.findIndex((polygon) => {
    for (let i = 0; i < hole.length; i += 2)
      if (!pointInPolygon(polygon, hole[i]!, hole[i + 1]!)) return false
    return true
  })
  if (around < 0) return null
  const directed = ringArea(hole) < 0 ? hole : reverseRing(hole)
  return polygons.map((polygon, k) => (k === around ? [...polygon, directed] : polygon))
}

/** Takes a ring out: a hole alone, or an outer ring with its polygon. Null when no polygon would remain. */
export function deleteRing(polygons: readonly Polygon[], polygon: number, ring: number): Polygon[] | null {
  if (ring > 0) {
    return polygons.map((rings, k) => (k === polygon ? rings.filter((_, r) => r !== ring) : rings))
  }
  return polygons.length > 1 ? polygons.filter((_, k) => k !== polygon) : null
}

export function boxToPolygon(box: Box): Polygon {
  return [boxRing(box)]
}

/** The pixels of an object as a mask, exactly as an export would paint them; empty where the object has none. */
export function toMask(geometry: Geometry, width: number, height: number): MaskGeometry {
  switch (geometry.kind) {
    case 'polygon':
      return maskOfColumns(transpose(rowsOfPolygons(geometry.polygons, width, height)))
    case 'box':
      return maskOfColumns(transpose(rowsOfPolygons([boxToPolygon(geometry.box)], width, height)))
    case 'mask': {
      const mask = clipMask(geometry.mask, width, height)
      return mask === null ? EMPTY_MASK : tight(mask)
    }
    case 'polyline':
    case 'point':
      return EMPTY_MASK
  }
}

/** The mask itself where its crop is the smallest one. */
function tight(mask: MaskGeometry): MaskGeometry {
  const { x0, y0, x1, y1 } = bbox(mask.counts, mask.height)
  if (x0 === 0 && y0 === 0 && x1 === mask.width && y1 === mask.height) return mask
  const cropped = crop(mask.counts, mask.height, mask.width)
  return cropped.width === 0 ? EMPTY_MASK : { ...cropped, x: mask.x + cropped.x, y: mask.y + cropped.y }
}

/** A mask's outlines along pixel edges; rasterising them gives the mask back. */
export function maskToPolygons(mask: MaskGeometry): Polygon[] {
  return traceMask(mask)
}

export function reverseRing(ring: Ring): Ring {
  const reversed = new Float32Array(ring.length)
  for (let i = 0; i < ring.length; i += 2) {
    reversed[i] = ring[ring.length - 2 - i]!
    reversed[i + 1] = ring[ring.length - 1 - i]!
  }
  return reversed
}

function movePolygons(
  polygons: readonly Polygon[],
  moves: readonly (VertexRef & { x: number; y: number })[],
): Polygon[] {
  return polygons.map((polygon, p) => {
    if (!moves.some((move) => move.polygon === p)) return polygon
    return polygon.map((ring, r) => {
      const here = moves.filter((move) => move.polygon === p && move.ring === r)
      return here.length > 0 ? movePath(ring, here) : ring
    })
  })
}

function movePath(
  points: Float32Array,
  moves: readonly { vertex: number; x: number; y: number }[],
): Float32Array {
  const moved = points.slice()
  for (const { vertex, x, y } of moves) {
    moved[2 * vertex] = x
    moved[2 * vertex + 1] = y
  }
  return moved
}

/** Corners count clockwise from the top left. */
function moveCorner([x0, y0, x1, y1]: Box, { vertex, x, y }: { vertex: number; x: number; y: number }): Box {
  const left = vertex === 0 || vertex === 3
  const top = vertex === 0 || vertex === 1
  return makeBox(left ? x : x0, top ? y : y0, left ? x1 : x, top ? y1 : y)
}

function replaceRing(
  polygons: readonly Polygon[],
  at: { polygon: number; ring: number },
  change: (ring: Ring) => Ring,
): Geometry {
  const changed = polygons.map((polygon, p) =>
    p === at.polygon ? polygon.map((ring, r) => (r === at.ring ? change(ring) : ring)) : polygon,
  )
  return { kind: 'polygon', polygons: changed }
}

/** Replaces `removed` points from point `at` on by the given coordinates. */
function splice(points: Float32Array, at: number, removed: number, ...inserted: number[]): Float32Array {
  const result = new Float32Array(points.length - 2 * removed + inserted.length)
  result.set(points.subarray(0, 2 * at))
  result.set(inserted, 2 * at)
  result.set(points.subarray(2 * (at + removed)), 2 * at + inserted.length)
  return result
}

function translatePath(points: Float32Array, dx: number, dy: number): Float32Array {
  return points.map((value, k) => value + (k % 2 === 0 ? dx : dy))
}
