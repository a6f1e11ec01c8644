/**
 * Where the objects are: an R-tree over their boxes, kept up to date from diffs, for culling and hit tests.
 *
 * Owns which object lies at a place. Which vertex or edge of an object lies there is `handles.ts`.
 */
import RBush from 'rbush'

import { maskHas } from './bitmap'
import type { Diff } from './diff'
import { compareOrder, type AnnotationRecord } from './document'
import { nearestOnSegment, pointInPolygons } from './geometry'
import type { ImagePoint, Rect } from './points'
import { boxRing } from './raster'
import { bboxOf } from './shapes'

interface Entry {
  readonly minX: number
  readonly minY: number
  readonly maxX: number
  readonly maxY: number
  readonly record: AnnotationRecord
}

export interface HitOptions {
  /** How far from an outline, a line or a point still hits it, in image pixels (screen tolerance / scale). */
  readonly tolerance?: number
  /** Objects that can't be hit (hidden, locked) answer false. */
  readonly accepts?: (record: AnnotationRecord) => boolean
}

export class SpatialIndex {
  readonly #tree = new RBush<Entry>()
  readonly #entries = new Map<string, Entry>()

  constructor(records: Iterable<AnnotationRecord> = []) {
    this.load(records)
  }

  get size(): number {
    return this.#entries.size
  }

  /** Starts again with these records; packed at once, which is quicker than one by one. */
  load(records: Iterable<AnnotationRecord>): void {
    this.#tree.clear()
    this.#entries.clear()
    for (const record of records) this.#entries.set(record.id, entryOf(record))
    this.#tree.load([...this.#entries.values()])
  }

  /** Follows a change of the store. */
  apply(diff: Diff): void {
    for (const id of Object.keys(diff.removed)) this.#remove(id)
    const added = Object.values(diff.added)
    if (added.length > this.#entries.size) {
      // Most of the tree is new: packing it again costs less than the insertions.
      for (const [, to] of Object.values(diff.updated)) this.#entries.set(to.id, entryOf(to))
      const kept = [...this.#entries.values()].map((entry) => entry.record)
      this.load([...kept, ...added])
      return
    }
    for (const [, to] of Object.values(diff.updated)) this.#put(to)
    for (const record of added) this.#put(record)
  }

  /** The records whose box meets the rectangle, in no order. */
  query(rect: Rect): AnnotationRecord[] {
    return this.#search(rect.x0, rect.y0, rect.x1, rect.y1)
  }

  /** The records whose box meets the rectangle, in drawing order (bottom first). */
  queryOrdered(rect: Rect): AnnotationRecord[] {
    return this.query(rect).sort(compareOrder)
  }

  /**
   * The object that a person means by this point: the topmost that covers it, else the one whose outline is nearest
   * within the tolerance. Lines and points are covered by what lies within the tolerance. Null: none.
   */
  hit(point: ImagePoint, options: HitOptions = {}): AnnotationRecord | null {
    const { tolerance = 0 } = options
    const near = this.#near(point, options)
    const covering = near.find((record) => covers(record, point, tolerance))
    if (covering !== undefined || tolerance === 0) return covering ?? null
    let [nearest, least] = [null as AnnotationRecord | null, tolerance]
    for (const record of near) {
      const d = distanceToOutline(record, point)
      if (d <= least && (nearest === null || d < least)) [nearest, least] = [record, d]
    }
    return nearest
  }

  /** All objects that cover this point, topmost first (to cycle through a stack). */
  hitAll(point: ImagePoint, options: HitOptions = {}): AnnotationRecord[] {
    return this.#near(point, options).filter((record) => covers(record, point, options.tolerance ?? 0))
  }

  /** The box of an object, or null when it isn't here. */
  boxOf(id: string): Rect | null {
    const entry = this.#entries.get(id)
    return entry === undefined ? null : { x0: entry.minX, y0: entry.minY, x1: entry.maxX, y1: entry.maxY }
  }

  /** Accepted records around the point, topmost first. */
  #near(point: ImagePoint, { tolerance = 0, accepts }: HitOptions): AnnotationRecord[] {
    const { x, y } = point
    const records = this.#search(x - tolerance, y - tolerance, x + tolerance, y + tolerance)
    const accepted = accepts === undefined ? records : records.filter(accepts)
    return accepted.sort((a, b) => compareOrder(b, a))
  }

  #search(minX: number, minY: number, maxX: number, maxY: number): AnnotationRecord[] {
    return this.#tree.search({ minX, minY, maxX, maxY }).map((entry) => entry.record)
  }

  #put(record: AnnotationRecord): void {
    const entry = entryOf(record)
    const old = this.#entries.get(record.id)
    if (old !== undefined) this.#tree.remove(old)
    this.#entries.set(record.id, entry)
    this.#tree.insert(entry)
  }

  #remove(id: string): void {
    const entry = this.#entries.get(id)
    if (entry === undefined) return
    this.#tree.remove(entry)
    this.#entries.delete(id)
  }
}

/** Whether the object's area covers the point; lines and points within the tolerance. */
export function covers(record: AnnotationRecord, { x, y }: ImagePoint, tolerance: number): boolean {
  switch (record.kind) {
    case 'polygon':
      return pointInPolygons(record.polygons, x, y)
    case 'mask':
      return maskHas(record.mask, Math.floor(x), Math.floor(y))
    case 'box': {
      const [x0, y0, x1, y1] = record.box
      return x >= x0 && x < x1 && y >= y0 && y < y1
    }
    case 'polyline':
    case 'point':
      return distanceToOutline(record, { x, y }) <= tolerance
  }
}

/** Distance from the point to the object's outline, image pixels. A mask's is that to its nearest set pixel, up to 8. */
export function distanceToOutline(record: AnnotationRecord, point: { x: number; y: number }): number {
  switch (record.kind) {
    case 'polygon':
      return Math.min(...record.polygons.flat().map((ring) => distanceToPath(ring, point, true)))
    case 'mask':
      return distanceToMask(record, point)
    case 'box':
      return distanceToPath(boxRing(record.box), point, true)
    case 'polyline':
      return distanceToPath(record.points, point, false)
    case 'point':
      return distanceToPoints(record.points, point)
  }
}

function distanceToPath(path: Float32Array, { x, y }: { x: number; y: number }, closed: boolean): number {
  let least = Infinity
  for (let i = closed ? 0 : 2, p = closed ? path.length - 2 : 0; i < path.length; p = i, i += 2) {
    const { squared } = nearestOnSegment(path[p]!, path[p + 1]!, path[i]!, path[i + 1]!, x, y)
    if (squared < least) least = squared
  }
  return Math.sqrt(least)
}

function distanceToPoints(points: Float32Array, { x, y }: { x: number; y: number }): number {
  let least = Infinity
  for (let i = 0; i < points.length; i += 2)
    least = Math.min(least, Math.hypot(points[i]! - x, points[i + 1]! - y))
  return least
}

/** Looks at the pixels around the point only: tolerances are a few screen pixels. */
function distanceToMask(
  record: AnnotationRecord & { kind: 'mask' },
  { x, y }: { x: number; y: number },
): number {
  const reach = 8
  let least = Infinity
  for (let row = Math.floor(y) - reach; row <= Math.floor(y) + reach; row++) {
    for (let column = Math.floor(x) - reach; column <= Math.floor(x) + reach; column++) {
      if (!maskHas(record.mask, column, row)) continue
      const dx = Math.max(column - x, x - column - 1, 0)
      const dy = Math.max(row - y, y - row - 1, 0)
      least = Math.min(least, Math.hypot(dx, dy))
    }
  }
  return least
}

function entryOf(record: AnnotationRecord): Entry {
  const { x0, y0, x1, y1 } = bboxOf(record)
  return { minX: x0, minY: y0, maxX: x1, maxY: y1, record }
}
