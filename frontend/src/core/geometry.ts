/**
 * Rings and polygons in continuous image coordinates: area, boxes, containment, simplifying.
 *
 * Owns what can be said about a shape without pixels; not which pixels it covers (`raster.ts`), nor whether a ring
 * crosses itself (`crossings.ts`). Rings are flat float32; every calculation is made in double precision.
 */
import type { Polygon, Ring } from './document'
import type { Rect } from './points'

/** Signed area: positive when the ring runs clockwise on the screen (y down). */
export function ringArea(ring: Ring): number {
  const n = ring.length
  if (n < 6) return 0
  const [ox, oy] = [ring[0]!, ring[1]!] // near the origin the products lose less
  let twice = 0
  let [px, py] = [ring[n - 2]! - ox, ring[n - 1]! - oy]
  for (let i = 0; i < n; i += 2) {
    const x = ring[i]! - ox
    const y = ring[i + 1]! - oy
    twice += px * y - x * py
    px = x
    py = y
  }
  return twice / 2
}

/** The outer ring's area minus its holes' areas. */
export function polygonArea(polygon: Polygon): number {
  return polygon.reduce((area, ring, k) => area + (k === 0 ? 1 : -1) * Math.abs(ringArea(ring)), 0)
}

/** The box around flat points; all zero when there are none. */
export function ringBbox(points: Float32Array): Rect {
  if (points.length < 2) return { x0: 0, y0: 0, x1: 0, y1: 0 }
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity]
  for (let i = 0; i < points.length; i += 2) {
    const x = points[i]!
    const y = points[i + 1]!
    if (x < x0) x0 = x
    if (x > x1) x1 = x
    if (y < y0) y0 = y
    if (y > y1) y1 = y
  }
  return { x0, y0, x1, y1 }
}

/** The box around all the polygons' outer rings; all zero when there is none. */
export function polygonsBbox(polygons: readonly Polygon[]): Rect {
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity]
  for (const polygon of polygons) {
    const box = ringBbox(polygon[0]!)
    x0 = Math.min(x0, box.x0)
    y0 = Math.min(y0, box.y0)
    x1 = Math.max(x1, box.x1)
    y1 = Math.max(y1, box.y1)
  }
  return x0 <= x1 ? { x0, y0, x1, y1 } : { x0: 0, y0: 0, x1: 0, y1: 0 }
}

/** Whether the point is inside, by the rasteriser's rule: top and left edges belong to the ring. */
export function pointInRing(ring: Ring, x: number, y: number): boolean {
  const n = ring.length
  let inside = false
  for (let i = 0, p = n - 2; i < n; p = i, i += 2) {
    let [xa, ya, xb, yb] = [ring[p]!, ring[p + 1]!, ring[i]!, ring[i + 1]!]
    if (ya > yb) [xa, ya, xb, yb] = [xb, yb, xa, ya]
    if (ya <= y && y < yb && xa + ((y - ya) * (xb - xa)) / (yb - ya) <= x) inside = !inside
  }
  return inside
}

/** Whether the point is inside a polygon: inside an odd number of its rings. */
export function pointInPolygon(polygon: Polygon, x: number, y: number): boolean {
  let inside = false
  for (const ring of polygon) if (pointInRing(ring, x, y)) inside = !inside
  return inside
}

/** Whether the point is inside at least one of the polygons. */
export function pointInPolygons(polygons: readonly Polygon[], x: number, y: number): boolean {
  return polygons.some((polygon) => pointInPolygon(polygon, x, y))
}

/** Where on a segment the point nearest to (x, y) lies: t in 0..1, and the squared distance to it. */
export function nearestOnSegment(
  xa: number,
  ya: number,
  xb: number,
  yb: number,
  x: number,
  y: number,
): { t: number; squared: number } {
  const [dx, dy] = [xb - xa, yb - ya]
  const [px, py] = [x - xa, y - ya]
  const length = dx * dx + dy * dy
  const t = length === 0 ? 0 : Math.min(1, Math.max(0, (px * dx + py * dy) / length))
  const [ex, ey] = [px - t * dx, py - t * dy]
  const squared = ex * ex + ey * ey
  return { t, squared }
}

/**
 * Drops vertices so that none of them lies further than `tolerance` from the new outline (Douglas and Peucker, 1973).
 *
 * The ring is cut at its first vertex and the one farthest from it. A ring never falls below 3 points: one that
 * would is returned unchanged.
 */
export function simplify(ring: Ring, tolerance: number): Ring {
  const n = ring.length / 2
  if (n <= 3) return ring
  const keep = new Uint8Array(n)
  const far = farthestFromFirst(ring)
  keep[0] = keep[far] = 1
  keepBetween(ring, keep, 0, far, tolerance)
  keepBetween(ring, keep, far, n, tolerance)
  const kept = keep.reduce((sum, flag) => sum + flag, 0)
  return kept < 3 ? ring : takePoints(ring, keep, kept)
}

/** Marks the vertices between two kept ones (`to` may be the ring's length: its first) that must stay, too. */
export function keepBetween(ring: Ring, keep: Uint8Array, from: number, to: number, tolerance: number): void {
  const stack: [number, number][] = [[from, to]]
  for (let range = stack.pop(); range !== undefined; range = stack.pop()) {
    const split = farthestFromChord(ring, range[0], range[1], tolerance * tolerance)
    if (split < 0) continue
    keep[split] = 1
    stack.push([range[0], split], [split, range[1]])
  }
}

/** The vertex farthest from the first one. */
export function farthestFromFirst(ring: Ring): number {
  let [far, most] = [0, -1]
  for (let i = 0; i < ring.length; i += 2) {
    const d = (ring[i]! - ring[0]!) ** 2 + (ring[i + 1]! - ring[1]!) ** 2
    if (d > most) [far, most] = [i / 2, d]
  }
  return far
}

/** The vertex between `from` and `to` (which may be the ring's length: its first) beyond the tolerance, or -1. */
export function farthestFromChord(ring: Ring, from: number, to: number, squaredTolerance: number): number {
  const end = to * 2 === ring.length ? 0 : to
  const [xa, ya, xb, yb] = [ring[2 * from]!, ring[2 * from + 1]!, ring[2 * end]!, ring[2 * end + 1]!]
  let [split, most] = [-1, squaredTolerance]
  for (let k = from + 1; k < to; k++) {
    const { squared } = nearestOnSegment(xa, ya, xb, yb, ring[2 * k]!, ring[2 * k + 1]!)
    if (squared > most) [split, most] = [k, squared]
  }
  return split
}

/** The marked vertices, `kept` of them. */
export function takePoints(ring: Ring, keep: Uint8Array, kept: number): Ring {
  const taken = new Float32Array(2 * kept)
  let at = 0
  for (let k = 0; k < keep.length; k++) {
    if (keep[k] === 0) continue
    taken[at++] = ring[2 * k]!
    taken[at++] = ring[2 * k + 1]!
  }
  return taken
}
