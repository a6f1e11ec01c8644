/**
 * The faces into which lines cut a polygon: a small planar graph of the rings' and the lines' pieces, whose faces are
 * walked. Lines that end inside, or that separate nothing, leave no trace.
 */
import { nest } from '../clipping'
import type { Polygon, Ring } from '../document'
import { pointInPolygon, ringArea } from '../geometry'

type Point = readonly [number, number]

/** The parts of a polygon with holes on the sides of a line [x0, y0, x1, y1, ...]; the polygon alone where it is whole. */
export function cutPolygon(polygon: Polygon, line: readonly number[]): Polygon[] {
  const graph = new Graph()
  const cuts = segmentsOf(Float32Array.from(line), false)
  const sides = polygon.flatMap((ring) => segmentsOf(ring, true))
  sides.forEach(([corner], k) => graph.addCorner(corner, k < polygon[0]!.length / 2))
  const [onSides, onCuts] = meetings(sides, cuts)
  sides.forEach((side, k) => graph.addPath(inOrder(side, onSides[k] ?? []), 'side'))
  cuts.forEach((cut, k) => {
    const path = inOrder(cut, onCuts[k] ?? [])
    for (let i = 0; i + 1 < path.length; i++) {
      const middle = [(path[i]![0] + path[i + 1]![0]) / 2, (path[i]![1] + path[i + 1]![1]) / 2] as const
      if (pointInPolygon(polygon, ...middle)) graph.addPath(path.slice(i, i + 2), 'cut')
    }
  })
  graph.prune()
  const parts = nest(graph.faces())
  return parts.length > 1 ? parts : [polygon]
}

type Segment = readonly [Point, Point]

function segmentsOf(points: Float32Array, closed: boolean): Segment[] {
  const n = points.length / 2
  const at = (k: number): Point => [points[2 * k]!, points[2 * k + 1]!]
  return Array.from({ length: closed ? n : n - 1 }, (_, k): Segment => [at(k), at((k + 1) % n)])
}

/** Where cuts meet the sides, and each other: points on each side, and on each cut. */
function meetings(sides: readonly Segment[], cuts: readonly Segment[]): [Point[][], Point[][]] {
  const [onSides, onCuts]: [Point[][], Point[][]] = [[], []]
  cuts.forEach((cut, c) => {
    const box = boxOf(cut)
    const meet = (other: Segment, onOther: Point[][], o: number) => {
      const b = boxOf(other)
      if (b.x0 > box.x1 || b.x1 < box.x0 || b.y0 > box.y1 || b.y1 < box.y0) return
      for (const point of meetingPoints(cut, other)) {
        ;(onOther[o] ??= []).push(point)
        ;(onCuts[c] ??= []).push(point)
      }
    }
    sides.forEach((side, s) => meet(side, onSides, s))
    for (let other = 0; other < c - 1; other++) meet(cuts[other]!, onCuts, other)
  })
  return [onSides, onCuts]
}

function boxOf([[ax, ay], [bx, by]]: Segment): { x0: number; y0: number; x1: number; y1: number } {
  return { x0: Math.min(ax, bx), y0: Math.min(ay, by), x1: Math.max(ax, bx), y1: Math.max(ay, by) }
}

/** Ends that lie on the other segment, or else where the two cross, as it can be stored. */
function meetingPoints(one: Segment, other: Segment): Point[] {
  const ends = [...other.filter((end) => liesOn(one, end)), ...one.filter((end) => liesOn(other, end))]
  if (ends.length > 0) return ends
  const [a, b] = one
  const [c, d] = other
  const [sc, sd, sa, sb] = [side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b)]
  if (sc * sd >= 0 || sa * sb >= 0) return []
  const t = sa / (sa - sb)
  // On an upright or level side the point keeps that coordinate, so that the side stays where it is.
  const x = c[0] === d[0] ? c[0] : a[0] + t * (b[0] - a[0])
  const y = c[1] === d[1] ? c[1] : a[1] + t * (b[1] - a[1])
  return [[Math.fround(x), Math.fround(y)]]
}

function side([ax, ay]: Point, [bx, by]: Point, [x, y]: Point): number {
  return (bx - ax) * (y - ay) - (by - ay) * (x - ax)
}

function liesOn(segment: Segment, point: Point): boolean {
  const { x0, y0, x1, y1 } = boxOf(segment)
  const [x, y] = point
  return x0 <= x && x <= x1 && y0 <= y && y <= y1 && side(...segment, point) === 0
}

/** A segment's ends with the points on it in between, in order. */
function inOrder([a, b]: Segment, points: readonly Point[]): Point[] {
  const far = ([x, y]: Point): number => (x - a[0]) ** 2 + (y - a[1]) ** 2
  return [a, ...[...points].sort((p, q) => far(p) - far(q)), b]
}

interface Node {
  readonly at: Point
  /** Neighbours, and whether a cut leads there. */
  readonly to: Map<Node, 'side' | 'cut'>
  /** A vertex of the polygon; what is not is there for the cuts alone. */
  corner: boolean
  /** On the outer ring: a walk the other way around that comes here goes around the polygon. */
  outer: boolean
}

class Graph {
  readonly #nodes = new Map<string, Node>()

  addCorner(at: Point, outer: boolean): void {
    const node = this.#node(at)
    node.corner = true
    node.outer ||= outer
  }

  addPath(points: readonly Point[], kind: 'side' | 'cut'): void {
    for (let k = 0; k + 1 < points.length; k++) {
      const [a, b] = [this.#node(points[k]!), this.#node(points[k + 1]!)]
      if (a === b || (kind === 'cut' && a.to.has(b))) continue
      a.to.set(b, kind)
      b.to.set(a, kind)
    }
  }

  /** Takes away cuts that lead nowhere. */
  prune(): void {
    const loose = [...this.#nodes.values()].filter((node) => node.to.size === 1)
    for (let node = loose.pop(); node !== undefined; node = loose.pop()) {
      const [next] = node.to.keys()
      if (next === undefined || node.to.size !== 1 || node.to.get(next) !== 'cut') continue
      this.#unlink(node, next)
      if (next.to.size === 1) loose.push(next)
    }
  }

  /**
   * The rings around all faces: clockwise on the screen around each, the other way around what lies in it. The one
   * around the polygon is left out.
   */
  faces(): Ring[] {
    for (;;) {
      const walks = this.#walks()
      if (!this.#dropSlits(walks)) return walks.flatMap(ringsOf)
    }
  }

  /** Takes away cuts with one face on both sides. False where there was none. */
  #dropSlits(walks: readonly (readonly Node[])[]): boolean {
    const faces = new Map<Node, Map<Node, number>>()
    walks.forEach((walk, face) =>
      walk.forEach((node, k) => {
        const to = walk[(k + 1) % walk.length]!
        faces.set(node, (faces.get(node) ?? new Map<Node, number>()).set(to, face))
      }),
    )
    let dropped = false
    for (const a of this.#nodes.values())
      for (const [b, kind] of [...a.to]) {
        if (kind !== 'cut' || faces.get(a)?.get(b) !== faces.get(b)?.get(a)) continue
        this.#unlink(a, b)
        dropped = true
      }
    return dropped
  }

  #walks(): Node[][] {
    const walked = new Map<Node, Set<Node>>()
    const around = new Map<Node, Node[]>()
    const walks: Node[][] = []
    for (const start of this.#nodes.values())
      for (const first of start.to.keys()) {
        const walk: Node[] = []
        let [at, to] = [start, first]
        while (!walked.get(at)?.has(to)) {
          walked.set(at, (walked.get(at) ?? new Set()).add(to))
          walk.push(at)
          const order = around.get(to) ?? sortedAround(to)
          around.set(to, order)
          const back = order.indexOf(at)
          ;[at, to] = [to, order[(back + order.length - 1) % order.length]!]
        }
        if (walk.length > 0) walks.push(walk)
      }
    return walks
  }

  #node(at: Point): Node {
    const key = at.join()
    const node = this.#nodes.get(key) ?? {
      at,
      to: new Map<Node, 'side' | 'cut'>(),
      corner: false,
      outer: false,
    }
    this.#nodes.set(key, node)
    return node
  }

  #unlink(a: Node, b: Node): void {
    a.to.delete(b)
    b.to.delete(a)
  }
}

function sortedAround({ at, to }: Node): Node[] {
  const angle = (node: Node) => Math.atan2(node.at[1] - at[1], node.at[0] - at[0])
  return [...to.keys()].sort((p, q) => angle(p) - angle(q))
}

/** A walk as a ring, without points that only a cut which is gone had put on a side; none where it goes around it all. */
function ringsOf(walk: readonly Node[]): Ring[] {
  const kept = walk.filter(({ corner, to }) => corner || [...to.values()].includes('cut'))
  const ring = Float32Array.from(kept.flatMap(({ at }) => at))
  const area = ringArea(ring)
  if (area < 0) return walk.some(({ outer }) => outer) ? [] : [ring]
  // Cuts are inside only; a walk without one goes along the outer ring, or around the inside of a hole.
  const hasCut = walk.some((node, k) => node.to.get(walk[(k + 1) % walk.length]!) === 'cut')
  return area > 0 && (hasCut || walk.every(({ corner, outer }) => outer || !corner)) ? [ring] : []
}
