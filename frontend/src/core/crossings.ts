/**
 * Where a ring crosses itself. Two edges cross properly when each has its ends strictly on both sides of the other;
 * touching at a point, or running along each other, is not a crossing. The server refuses rings that cross themselves.
 */
import RBush from 'rbush'

import type { Polygon, Ring } from './document'

/** Up to this many vertices comparing all pairs is quicker than building a tree. */
const ALL_PAIRS = 64

interface Edge {
  readonly minX: number
  readonly minY: number
  readonly maxX: number
  readonly maxY: number
  readonly index: number
}

/** Whether two edges of the ring cross properly. */
export function isSelfCrossing(ring: Ring): boolean {
  return findCrossing(ring) !== null
}

/** Whether any ring of the object crosses itself. */
export function hasSelfCrossing(polygons: readonly Polygon[]): boolean {
  return polygons.some((polygon) => polygon.some(isSelfCrossing))
}

/** The first pair of edges that cross properly, or null; quicker than finding them all. */
export function findCrossing(ring: Ring): readonly [number, number] | null {
  for (const pair of crossingPairs(ring)) return pair
  return null
}

/** All pairs of edges (i, j), i < j, that cross properly, sorted; edge i runs from vertex i to the next. */
export function selfIntersections(ring: Ring): (readonly [number, number])[] {
  return [...crossingPairs(ring)].sort(([a, b], [c, d]) => a - c || b - d)
}

/** Whether moving one vertex would be refused: looks only at the two edges that meet there. */
export function crossesAtVertex(ring: Ring, vertex: number): boolean {
  const count = ring.length / 2
  for (const i of [(vertex + count - 1) % count, vertex]) {
    for (let j = 0; j < count; j++) if (edgesCross(ring, i, j)) return true
  }
  return false
}

function* crossingPairs(ring: Ring): Generator<readonly [number, number]> {
  const count = ring.length / 2
  const tree = count > ALL_PAIRS ? treeOf(ring) : null
  for (let i = 0; i < count; i++) {
    const others = tree === null ? null : tree.search(edgeOf(ring, i))
    for (let k = others === null ? i + 1 : 0; k < (others?.length ?? count); k++) {
      const j = others === null ? k : others[k]!.index
      if (j > i && edgesCross(ring, i, j)) yield [i, j]
    }
  }
}

function treeOf(ring: Ring): RBush<Edge> {
  return new RBush<Edge>(16).load(Array.from({ length: ring.length / 2 }, (_, index) => edgeOf(ring, index)))
}

function edgeOf(ring: Ring, index: number): Edge {
  const [a, b] = [2 * index, (2 * index + 2) % ring.length]
  return {
    minX: Math.min(ring[a]!, ring[b]!),
    minY: Math.min(ring[a + 1]!, ring[b + 1]!),
    maxX: Math.max(ring[a]!, ring[b]!),
    maxY: Math.max(ring[a + 1]!, ring[b + 1]!),
    index,
  }
}

function edgesCross(ring: Ring, i: number, j: number): boolean {
  return separates(ring, i, j) && separates(ring, j, i)
}

/** Whether edge i's line has the ends of edge j strictly on both its sides. */
function separates(ring: Ring, i: number, j: number): boolean {
  const n = ring.length
  const [a, b, p, q] = [2 * i, (2 * i + 2) % n, 2 * j, (2 * j + 2) % n]
  const [ax, ay] = [ring[a]!, ring[a + 1]!]
  const [dx, dy] = [ring[b]! - ax, ring[b + 1]! - ay]
  const sideP = dx * (ring[p + 1]! - ay) - dy * (ring[p]! - ax)
  const sideQ = dx * (ring[q + 1]! - ay) - dy * (ring[q]! - ax)
  return sideP * sideQ < 0
}
