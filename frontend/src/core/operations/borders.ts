/**
 * Places on the borders of other objects, and the way along them: what lets a new outline follow a neighbour's without a
 * gap and without an overlap.
 *
 * Two outlines that share their vertices share their pixels' border, too. A place between two vertices is rounded to
 * float32, which could bend the border there: it is taken only where both halves of the edge end at the same pixels as
 * the whole edge does.
 */
import type { Ring } from '../document'
import { nearestOnSegment } from '../geometry'

/** A place on a closed border: on the edge from vertex `edge` to the next, or on that vertex itself where `t` is 0. */
export interface BorderPlace {
  readonly ring: Ring
  readonly edge: number
  readonly t: number
  readonly x: number
  readonly y: number
}

/** How far away a place may lie, in image pixels; vertices are looked for first. */
export interface Reach {
  readonly vertex: number
  readonly edge: number
}

/** How many places along an edge are tried, and how far apart, in image pixels. */
const TRIES = 64
const STEP = 1 / 64

/**
 * The place on one of the rings nearest to (x, y), or null. `from`: where the way along the border began; a place on the
 * same edge must fit that one, too.
 */
export function nearestPlace(
  rings: readonly Ring[],
  x: number,
  y: number,
  reach: Reach,
  from: BorderPlace | null = null,
): BorderPlace | null {
  return nearestVertexOf(rings, x, y, reach.vertex) ?? nearestOnEdges(rings, x, y, reach.edge, from)
}

/** The points from one place to another of the same ring, flat and without the first: onwards or backwards. */
export function wayAlong(from: BorderPlace, to: BorderPlace, onwards: boolean): number[] {
  if (!onwards) {
    const back = wayAlong(to, from, true)
    const points: number[] = []
    for (let i = back.length - 4; i >= 0; i -= 2) points.push(back[i]!, back[i + 1]!)
    return [...points, to.x, to.y]
  }
  const { ring } = from
  const n = ring.length / 2
  const ahead = to.edge === from.edge && to.t >= from.t ? 0 : (to.edge - from.edge + n) % n || n
  const points: number[] = []
  for (let k = 1; k <= ahead; k++) {
    const v = (from.edge + k) % n
    points.push(ring[2 * v]!, ring[2 * v + 1]!)
  }
  if (to.t > 0 || points.length === 0) points.push(to.x, to.y)
  return points
}

/** The shorter of the two ways; `other` asks for the longer one. */
export function shorterWay(from: BorderPlace, to: BorderPlace, other = false): number[] {
  const [onwards, backwards] = [wayAlong(from, to, true), wayAlong(from, to, false)]
  return lengthOf(from, onwards) <= lengthOf(from, backwards) !== other ? onwards : backwards
}

function lengthOf(from: { readonly x: number; readonly y: number }, points: readonly number[]): number {
  let [length, x, y] = [0, from.x, from.y]
  for (let i = 0; i < points.length; i += 2) {
    length += Math.hypot(points[i]! - x, points[i + 1]! - y)
    ;[x, y] = [points[i]!, points[i + 1]!]
  }
  return length
}

function nearestVertexOf(rings: readonly Ring[], x: number, y: number, reach: number): BorderPlace | null {
  let [best, least] = [null as BorderPlace | null, reach]
  for (const ring of rings)
    for (let i = 0; i < ring.length; i += 2) {
      const d = Math.hypot(ring[i]! - x, ring[i + 1]! - y)
      if (d > least) continue
      least = d
      best = { ring, edge: i / 2, t: 0, x: ring[i]!, y: ring[i + 1]! }
    }
  return best
}

function nearestOnEdges(
  rings: readonly Ring[],
  x: number,
  y: number,
  reach: number,
  from: BorderPlace | null,
): BorderPlace | null {
  let [at, least] = [null as { ring: Ring; edge: number; t: number } | null, reach * reach]
  for (const ring of rings)
    for (let i = 0; i < ring.length; i += 2) {
      const j = (i + 2) % ring.length
      const { t, squared } = nearestOnSegment(ring[i]!, ring[i + 1]!, ring[j]!, ring[j + 1]!, x, y)
      if (squared > least) continue
      least = squared
      at = { ring, edge: i / 2, t }
    }
  return at && settled(at.ring, at.edge, at.t, from)
}

/** The storable place on an edge nearest to `t` that bends no pixel's border; a vertex of the edge where there is none. */
export function settled(ring: Ring, edge: number, t: number, from: BorderPlace | null): BorderPlace {
  const n = ring.length / 2
  const [i, j] = [2 * edge, 2 * ((edge + 1) % n)]
  const [ax, ay, bx, by] = [ring[i]!, ring[i + 1]!, ring[j]!, ring[j + 1]!]
  const step = STEP / Math.max(STEP, Math.hypot(bx - ax, by - ay))
  const ends = [
    { x: ax, y: ay },
    { x: bx, y: by },
    ...(from?.ring === ring && from.edge === edge && from.t > 0 ? [from] : []),
  ]
  for (let k = 0; k < TRIES; k++) {
    const tried = t + (k % 2 === 0 ? 1 : -1) * Math.ceil(k / 2) * step
    if (tried <= 0 || tried >= 1) continue
    const [x, y] = [Math.fround(ax + tried * (bx - ax)), Math.fround(ay + tried * (by - ay))]
    if (ends.some((end) => end.x === x && end.y === y)) continue
    if (ends.every((end) => sameRows(end, { x, y }, ring, i, j))) return { ring, edge, t: tried, x, y }
  }
  const vertex = t < 0.5 ? edge : (edge + 1) % n
  return { ring, edge: vertex, t: 0, x: ring[2 * vertex]!, y: ring[2 * vertex + 1]! }
}

interface Spot {
  readonly x: number
  readonly y: number
}

/** Whether the piece from p to q ends at the same pixel in every row as the whole edge i-j; by the rasteriser's rule. */
function sameRows(p: Spot, q: Spot, ring: Ring, i: number, j: number): boolean {
  const [a, b] = [
    { x: ring[i]!, y: ring[i + 1]! },
    { x: ring[j]!, y: ring[j + 1]! },
  ]
  const [low, high] = [Math.min(a.y, b.y), Math.max(a.y, b.y)]
  if (Math.min(p.y, q.y) < low || Math.max(p.y, q.y) > high) return false
  const last = Math.ceil(Math.max(p.y, q.y) - 0.5)
  for (let row = Math.ceil(Math.min(p.y, q.y) - 0.5); row < last; row++)
    if (columnAt(p, q, row) !== columnAt(a, b, row)) return false
  return true
}

function columnAt(p: Spot, q: Spot, row: number): number {
  const [a, b] = p.y > q.y ? [q, p] : [p, q]
  return Math.ceil(a.x + ((row + 0.5 - a.y) * (b.x - a.x)) / (b.y - a.y) - 0.5)
}
