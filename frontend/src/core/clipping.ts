/**
 * Cutting polygons to the image's rectangle, exactly, also concave ones with holes; as `annotator/core/clipping.py`,
 * which the server applies to what it is sent.
 *
 * The rectangle is four half-planes, cut one after the other. A cut leaves of every ring the chains that lie inside,
 * each with its two ends on the cutting line. Outer rings run clockwise on the screen and holes the other way, so along
 * the line every piece of the shape has one chain that leaves there and one that enters: the k-th to leave is joined to
 * the k-th to enter.
 */
import { makeBox, type Box, type Polygon, type Ring } from './document'
import { pointInRing, ringArea, ringBbox } from './geometry'

type Axis = 0 | 1
type Point = readonly [number, number]
type Path = Point[]

/** Cuts valid polygons to (0, 0)-(width, height); those wholly inside stay as they are, those outside are left out. */
export function clipPolygons(polygons: readonly Polygon[], width: number, height: number): Polygon[] {
  return polygons.flatMap((polygon) => {
    const { x0, y0, x1, y1 } = ringBbox(polygon[0]!)
    if (x0 >= 0 && y0 >= 0 && x1 <= width && y1 <= height) return [polygon]
    if (x1 <= 0 || y1 <= 0 || x0 >= width || y0 >= height) return []
    return clipPolygon(polygon, width, height)
  })
}

/** Cuts a box to the image; null when nothing of it lies inside. */
export function clipBox([x0, y0, x1, y1]: Box, width: number, height: number): Box | null {
  const box = makeBox(
    Math.min(width, Math.max(0, x0)),
    Math.min(height, Math.max(0, y0)),
    Math.min(width, Math.max(0, x1)),
    Math.min(height, Math.max(0, y1)),
  )
  return box[0] < box[2] && box[1] < box[3] ? box : null
}

function clipPolygon(polygon: Polygon, width: number, height: number): Polygon[] {
  let rings = polygon.map((ring, k) => directedPath(ring, k === 0 ? 1 : -1))
  rings = cut(rings, 0, 0, 1)
  rings = cut(rings, 0, width, -1)
  rings = cut(rings, 1, 0, 1)
  rings = cut(rings, 1, height, -1)
  return nest(rings.map(toRing).filter((ring) => ring !== null))
}

/** Keeps what lies on the side of `limit` along `axis` (0 for x, 1 for y) where `sign` points. */
function cut(rings: readonly Path[], axis: Axis, limit: number, sign: number): Path[] {
  const kept: Path[] = []
  const chains: Path[] = []
  for (const ring of rings) {
    const inside = ring.map((point) => (point[axis] - limit) * sign > 0)
    if (!inside.includes(false)) kept.push(ring)
    else if (inside.includes(true)) chains.push(...chainsOf(ring, inside, axis, limit))
  }
  return [...kept, ...link(chains, axis)]
}

/** The ring's parts inside, each with its two ends on the line. */
function chainsOf(ring: Path, inside: readonly boolean[], axis: Axis, limit: number): Path[] {
  const count = ring.length
  const first = inside.findIndex((here, k) => here && !inside[(k + count - 1) % count]!)
  const chains: Path[] = []
  for (let step = 0; step < count; step++) {
    const k = (first + step) % count
    if (!inside[k]!) continue
    const before = (k + count - 1) % count
    const after = (k + 1) % count
    if (!inside[before]!) chains.push([meeting(ring[before]!, ring[k]!, axis, limit)])
    const chain = chains.at(-1)!
    chain.push(ring[k]!)
    if (!inside[after]!) chain.push(meeting(ring[k]!, ring[after]!, axis, limit))
  }
  return chains
}

/** Where an edge meets the line, the same for both directions of the edge. */
function meeting(p: Point, q: Point, axis: Axis, limit: number): Point {
  const swap = q[0] < p[0] || (q[0] === p[0] && q[1] < p[1])
  const [a, b] = swap ? [q, p] : [p, q]
  const other = axis === 0 ? 1 : 0
  let along: number
  if (a[axis] === limit) along = a[other]
  else if (b[axis] === limit) along = b[other]
  else along = a[other] + ((limit - a[axis]) * (b[other] - a[other])) / (b[axis] - a[axis])
  return axis === 0 ? [limit, along] : [along, limit]
}

/** Joins chains along the line into rings. */
function link(chains: readonly Path[], axis: Axis): Path[] {
  const leaving = orderAlong(chains, axis, (chain) => [chain.at(-1)!, chain.at(-2)!])
  const entering = orderAlong(chains, axis, (chain) => [chain[0]!, chain[1]!])
  const following = new Map(leaving.map((chain, k) => [chain, entering[k]!]))
  const rings: Path[] = []
  for (const first of leaving.reverse()) {
    if (!following.has(first)) continue
    const ring: Path = []
    for (let chain = first; following.has(chain);) {
      ring.push(...chains[chain]!)
      const after = following.get(chain)!
      following.delete(chain)
      chain = after
    }
    rings.push(ring)
  }
  return rings
}

/** The chains in the order of one of their ends along the line; at the same place, of where they lie a little inside. */
function orderAlong(chains: readonly Path[], axis: Axis, end: (chain: Path) => [Point, Point]): number[] {
  const other = axis === 0 ? 1 : 0
  const places = chains.map((chain) => {
    const [at, neighbour] = end(chain)
    const depth = Math.abs(neighbour[axis] - at[axis])
    return [at[other], depth > 0 ? (neighbour[other] - at[other]) / depth : 0] as const
  })
  return [...chains.keys()].sort((p, q) => places[p]![0] - places[q]![0] || places[p]![1] - places[q]![1])
}

/** Rounds to float32 and drops repeated points; null when no area is left. */
function toRing(path: Path): Ring | null {
  const points = path.map(([x, y]) => [Math.fround(x), Math.fround(y)] as const)
  const kept = points.filter(([x, y], k) => {
    const [px, py] = points.at(k - 1)!
    return x !== px || y !== py
  })
  if (kept.length < 3) return null
  const ring = Float32Array.from(kept.flat())
  return ringArea(ring) !== 0 ? ring : null
}

/** Gives every hole (a ring of negative area) to the smallest outer ring around it. */
export function nest(rings: readonly Ring[]): Polygon[] {
  const areas = rings.map(ringArea)
  const outer = [...rings.keys()].filter((k) => areas[k]! > 0)
  const bySize = [...outer].sort((p, q) => areas[p]! - areas[q]!)
  const polygons = new Map(outer.map((k) => [k, [rings[k]!]]))
  rings.forEach((ring, k) => {
    if (areas[k]! >= 0) return
    const [x, y] = innerPoint(ring)
    const around = outer.length === 1 ? outer[0] : bySize.find((o) => pointInRing(rings[o]!, x, y))
    if (around !== undefined) polygons.get(around)!.push(ring)
  })
  return [...polygons.values()]
}

function directedPath(ring: Ring, sign: number): Path {
  const path = Array.from({ length: ring.length / 2 }, (_, k): Point => [ring[2 * k]!, ring[2 * k + 1]!])
  return ringArea(ring) * sign > 0 ? path : path.reverse()
}

/** A point strictly inside a ring: in the middle of its widest part, halfway between the two heights furthest apart. */
export function innerPoint(ring: Ring): Point {
  const heights = [...new Set(Array.from(ring).filter((_, k) => k % 2 === 1))].sort((a, b) => a - b)
  let [y, tallest] = [0, -1]
  for (let k = 1; k < heights.length; k++) {
    const gap = heights[k]! - heights[k - 1]!
    if (gap > tallest) [y, tallest] = [(heights[k]! + heights[k - 1]!) / 2, gap]
  }
  const xs = crossingsAt(ring, y)
  let [x, widest] = [0, -1]
  for (let k = 0; k + 1 < xs.length; k += 2) {
    const gap = xs[k + 1]! - xs[k]!
    if (gap > widest) [x, widest] = [(xs[k + 1]! + xs[k]!) / 2, gap]
  }
  return [x, y]
}

function crossingsAt(ring: Ring, y: number): number[] {
  const xs: number[] = []
  for (let i = 0; i < ring.length; i += 2) {
    const j = (i + 2) % ring.length
    const [xa, ya, xb, yb] = [ring[i]!, ring[i + 1]!, ring[j]!, ring[j + 1]!]
    if (ya > y !== yb > y) xs.push(xa + ((y - ya) * (xb - xa)) / (yb - ya))
  }
  return xs.sort((a, b) => a - b)
}
