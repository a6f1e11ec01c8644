/**
 * Simpler outlines that stay what they were: no ring crosses or touches itself or another one anew, holes and parts stay
 * inside what they were inside, and no vertex that is dropped lies further than the tolerance from the new outline
 * (Douglas and Peucker, 1973; where their result conflicts, vertices come back until it does not).
 */
import type { Polygon, Ring } from '../document'
import { farthestFromChord, farthestFromFirst, keepBetween, ringArea, takePoints } from '../geometry'
import { conflicts, movedInside } from './topology'

/** Simplifies all rings of an object together; those that cannot be simplified stay as they are. */
export function simplifyPolygons(polygons: readonly Polygon[], tolerance: number): Polygon[] {
  const outlines = polygons.flat().map((ring) => new Outline(ring, tolerance))
  settle(outlines)
  for (;;) {
    const before = outlines.map((outline) => outline.full)
    const moved = movedInside(
      before,
      outlines.map((outline) => outline.ring),
    )
    // Conflicts are gone, yet a ring has changed sides: both come closer to what they were.
    const refined = moved.map(([a, b]) => outlines[a]!.refineAll() || outlines[b]!.refineAll())
    if (!refined.includes(true)) break
    settle(outlines)
  }
  let next = 0
  return polygons.map((polygon) => polygon.map(() => outlines[next++]!.ring))
}

function settle(outlines: readonly Outline[]): void {
  for (;;) {
    const found = conflicts(outlines.map((outline) => outline.ring))
    const edges = new Map<Outline, Set<number>>()
    for (const { ring, edge } of found.flat()) {
      const outline = outlines[ring]!
      edges.set(outline, (edges.get(outline) ?? new Set()).add(edge))
    }
    const refined = [...edges].map(([outline, of]) => outline.refine([...of]))
    if (!refined.includes(true)) return
  }
}

/** One ring with the vertices that are kept of it. */
class Outline {
  readonly #keep: Uint8Array
  readonly #tolerance: number
  #ring: Ring | null = null

  constructor(
    readonly full: Ring,
    tolerance: number,
  ) {
    const n = full.length / 2
    this.#tolerance = tolerance
    this.#keep = new Uint8Array(n)
    const far = farthestFromFirst(full)
    this.#keep[0] = this.#keep[far] = 1
    keepBetween(full, this.#keep, 0, far, tolerance)
    keepBetween(full, this.#keep, far, n, tolerance)
    while ((this.ring.length < 6 || ringArea(this.ring) === 0) && this.refineAll());
  }

  get ring(): Ring {
    this.#ring ??= takePoints(
      this.full,
      this.#keep,
      this.#keep.reduce((sum, flag) => sum + flag, 0),
    )
    return this.#ring
  }

  /** Brings the farthest dropped vertex of each of these edges back. False where none was dropped. */
  refine(edges: readonly number[]): boolean {
    const kept = this.#kept()
    let refined = false
    for (const edge of edges) {
      const [from, to] = [kept[edge]!, kept[edge + 1] ?? this.full.length / 2]
      const split = farthestFromChord(this.full, from, to, -1)
      if (split < 0) continue
      this.#keep[split] = 1
      keepBetween(this.full, this.#keep, from, split, this.#tolerance)
      keepBetween(this.full, this.#keep, split, to, this.#tolerance)
      refined = true
    }
    if (refined) this.#ring = null
    return refined
  }

  refineAll(): boolean {
    return this.refine([...this.#kept().keys()])
  }

  #kept(): number[] {
    return Array.from(this.#keep.keys()).filter((k) => this.#keep[k] === 1)
  }
}
