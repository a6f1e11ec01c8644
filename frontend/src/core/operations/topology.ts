/**
 * Where outlines touch or cross though they should not: what simplifying and smoothing must not bring about.
 *
 * Stricter than `crossings.ts`: a vertex on another edge, and edges that run along each other, count too. Two rings may
 * share a vertex where they don't cross. Predicates are orientations in double precision on float32 coordinates.
 */
import RBush from 'rbush'

import { innerPoint } from '../clipping'
import type { Ring } from '../document'
import { pointInRing, ringBbox } from '../geometry'

/** Edge `edge` of ring `ring` runs from that vertex to the next. */
export interface EdgeRef {
  readonly ring: number
  readonly edge: number
}

interface Entry extends EdgeRef {
  readonly minX: number
  readonly minY: number
  readonly maxX: number
  readonly maxY: number
}

/** All pairs of edges that conflict, each pair once. */
export function conflicts(rings: readonly Ring[]): (readonly [EdgeRef, EdgeRef])[] {
  const entries = rings.flatMap((ring, r) =>
    Array.from({ length: ring.length / 2 }, (_, edge) => entryOf(ring, r, edge)),
  )
  const tree = new RBush<Entry>(16).load(entries)
  const found: (readonly [EdgeRef, EdgeRef])[] = []
  for (const one of entries)
    for (const other of tree.search(one)) {
      if (other.ring < one.ring || (other.ring === one.ring && other.edge <= one.edge)) continue
      if (conflict(rings, one, other)) found.push([one, other])
    }
  return found
}

/** Pairs of rings of which one lies inside the other in one set of outlines, but not in the other set. */
export function movedInside(before: readonly Ring[], after: readonly Ring[]): (readonly [number, number])[] {
  const [inner, boxes] = [before.map(innerPoint), before.map(ringBbox)]
  const innerAfter = after.map(innerPoint)
  const tree = new RBush<{ minX: number; minY: number; maxX: number; maxY: number; ring: number }>(16).load(
    boxes.map(({ x0, y0, x1, y1 }, ring) => ({ minX: x0, minY: y0, maxX: x1, maxY: y1, ring })),
  )
  const moved: (readonly [number, number])[] = []
  for (let a = 0; a < before.length; a++) {
    const { x0, y0, x1, y1 } = boxes[a]!
    for (const { ring: b } of tree.search({ minX: x0, minY: y0, maxX: x1, maxY: y1 })) {
      if (a === b) continue
      const was = pointInRing(before[a]!, ...inner[b]!)
      if (pointInRing(after[a]!, ...innerAfter[b]!) !== was) moved.push([a, b])
    }
  }
  return moved
}

function conflict(rings: readonly Ring[], one: EdgeRef, other: EdgeRef): boolean {
  const [p, q] = [rings[one.ring]!, rings[other.ring]!]
  const n = p.length / 2
  const a = 2 * one.edge
  const b = 2 * ((one.edge + 1) % n)
  const c = 2 * other.edge
  const d = 2 * ((other.edge + 1) % (q.length / 2))
  if (one.ring === other.ring) {
    if (b === c) return foldsBack(p, a, b, d)
    if (d === a) return foldsBack(p, c, a, b)
  }
  const [s1, s2] = [side(p, a, b, q, c), side(p, a, b, q, d)]
  const [s3, s4] = [side(q, c, d, p, a), side(q, c, d, p, b)]
  if (s1 * s2 < 0 && s3 * s4 < 0) return true
  const touches = (s: number, r: Ring, from: number, to: number, t: Ring, v: number) =>
    s === 0 && within(r, from, to, t, v)
  const shared = sharedVertex(p, a, b, q, c, d)
  if (shared !== null) return s1 === 0 && s2 === 0 ? overlaps(p, a, b, q, c, d) : crossesAt(p, q, shared)
  return (
    touches(s1, p, a, b, q, c) ||
    touches(s2, p, a, b, q, d) ||
    touches(s3, q, c, d, p, a) ||
    touches(s4, q, c, d, p, b)
  )
}

function entryOf(ring: Ring, r: number, edge: number): Entry {
  const [a, b] = [2 * edge, (2 * edge + 2) % ring.length]
  return {
    minX: Math.min(ring[a]!, ring[b]!),
    minY: Math.min(ring[a + 1]!, ring[b + 1]!),
    maxX: Math.max(ring[a]!, ring[b]!),
    maxY: Math.max(ring[a + 1]!, ring[b + 1]!),
    ring: r,
    edge,
  }
}

/** On which side of the line a-b of one ring the vertex v of another lies: the sign, 0 on it. */
function side(p: Ring, a: number, b: number, q: Ring, v: number): number {
  const [ax, ay] = [p[a]!, p[a + 1]!]
  return Math.sign((p[b]! - ax) * (q[v + 1]! - ay) - (p[b + 1]! - ay) * (q[v]! - ax))
}

function within(p: Ring, a: number, b: number, q: Ring, v: number): boolean {
  const [x, y] = [q[v]!, q[v + 1]!]
  return (
    Math.min(p[a]!, p[b]!) <= x &&
    x <= Math.max(p[a]!, p[b]!) &&
    Math.min(p[a + 1]!, p[b + 1]!) <= y &&
    y <= Math.max(p[a + 1]!, p[b + 1]!)
  )
}

function same(p: Ring, a: number, q: Ring, c: number): boolean {
  return p[a] === q[c] && p[a + 1] === q[c + 1]
}

/** Two edges in a row that lie upon each other. */
function foldsBack(p: Ring, a: number, b: number, d: number): boolean {
  if (side(p, a, b, p, d) !== 0) return false
  return (p[a]! - p[b]!) * (p[d]! - p[b]!) + (p[a + 1]! - p[b + 1]!) * (p[d + 1]! - p[b + 1]!) > 0
}

function sharedVertex(
  p: Ring,
  a: number,
  b: number,
  q: Ring,
  c: number,
  d: number,
): { readonly p: number; readonly q: number } | null {
  for (const v of [a, b]) for (const w of [c, d]) if (same(p, v, q, w)) return { p: v, q: w }
  return null
}

/** Edges on one line that share more than a vertex. */
function overlaps(p: Ring, a: number, b: number, q: Ring, c: number, d: number): boolean {
  const axis = Math.abs(p[b]! - p[a]!) > Math.abs(p[b + 1]! - p[a + 1]!) ? 0 : 1
  const low = Math.max(Math.min(p[a + axis]!, p[b + axis]!), Math.min(q[c + axis]!, q[d + axis]!))
  const high = Math.min(Math.max(p[a + axis]!, p[b + axis]!), Math.max(q[c + axis]!, q[d + axis]!))
  return low < high
}

/** Whether the two outlines cross at a vertex they share: the one's neighbours lie on both sides of the other. */
function crossesAt(p: Ring, q: Ring, at: { readonly p: number; readonly q: number }): boolean {
  const angle = (ring: Ring, v: number, step: number): number => {
    const w = (v + step + ring.length) % ring.length
    return Math.atan2(ring[w + 1]! - ring[v + 1]!, ring[w]! - ring[v]!)
  }
  const from = angle(p, at.p, -2)
  const turn = (value: number): number => (((value - from) % TURN) + TURN) % TURN
  const out = turn(angle(p, at.p, 2))
  const [left, right] = [turn(angle(q, at.q, -2)), turn(angle(q, at.q, 2))]
  return left > 0 && right > 0 && left !== out && right !== out && left < out !== right < out
}

const TURN = 2 * Math.PI
