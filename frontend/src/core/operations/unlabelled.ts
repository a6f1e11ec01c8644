/**
 * Which pixels of an image no object covers: their number, their connected regions, and all of them as a mask.
 *
 * Follows the objects one change at a time: the image is cut into strips of columns, and only the strips that a change
 * touches are gone through again. Works on runs, so that an image of 30,000 x 30,000 pixels costs its outlines. Meant for
 * a worker, which alone owns the time it takes.
 */
import { type AnnotationRecord, geometryOf, type MaskGeometry } from '../document'
import { toMask } from '../editing'
import type { Rect } from '../points'
import { columnsOfMask, forEachOf, LineUnion, maskOfColumns, type Runs, RunsBuilder } from '../runs'
import type { Size } from './area'
import { areasOf, gapsOf, keepParts, partsOf, type Parts } from './components'

const STRIP = 64

/** A connected region of unlabelled pixels; `x`, `y`: one of its pixels. */
export interface Region {
  readonly area: number
  readonly box: Rect
  readonly x: number
  readonly y: number
}

export class Coverage {
  readonly #columns = new Map<string, Runs>()
  /** The objects that reach into each strip. */
  readonly #strips: Set<string>[]
  readonly #gaps: (Runs | null)[]
  readonly #free: number[]

  constructor(readonly size: Size) {
    const count = Math.ceil(size.width / STRIP)
    this.#strips = Array.from({ length: count }, () => new Set<string>())
    this.#gaps = new Array<Runs | null>(count).fill(null)
    this.#free = new Array<number>(count).fill(0)
  }

  put(record: AnnotationRecord): void {
    this.remove(record.id)
    const mask = toMask(geometryOf(record), this.size.width, this.size.height)
    if (mask.width === 0) return
    const columns = columnsOfMask(mask)
    this.#columns.set(record.id, columns)
    this.#eachStrip(columns, (strip) => this.#strips[strip]!.add(record.id))
  }

  remove(id: string): void {
    const columns = this.#columns.get(id)
    if (columns === undefined) return
    this.#columns.delete(id)
    this.#eachStrip(columns, (strip) => this.#strips[strip]!.delete(id))
  }

  /** The number of pixels that no object covers. */
  count(): number {
    this.#gaps.forEach((gaps, strip) => gaps ?? this.#sweep(strip))
    return this.#free.reduce((sum, free) => sum + free, 0)
  }

  /** The regions, largest first, at most `most` of them. */
  regions(most: number): Region[] {
    const gaps = this.#allGaps()
    const parts = partsOf(gaps)
    const regions = regionsOf(gaps, parts)
    return regions.sort((a, b) => b.area - a.area || a.x - b.x || a.y - b.y).slice(0, most)
  }

  /** The region around a pixel as a mask; null where an object covers it. */
  regionAt(x: number, y: number): MaskGeometry | null {
    const gaps = this.#allGaps()
    const parts = partsOf(gaps)
    let chosen = -1
    forEachOf(gaps, (column, from, to, run) => {
      if (column === x && from <= y && y < to) chosen = parts.of[run]!
    })
    return chosen < 0 ? null : maskOfColumns(keepParts(gaps, parts, (part) => part === chosen))
  }

  /** All unlabelled pixels as one mask. */
  rest(): MaskGeometry {
    return maskOfColumns(this.#allGaps())
  }

  #eachStrip(columns: Runs, visit: (strip: number) => void): void {
    const last = columns.first + columns.begin.length - 2
    for (let strip = Math.floor(columns.first / STRIP); strip <= Math.floor(last / STRIP); strip++) {
      this.#gaps[strip] = null
      visit(strip)
    }
  }

  #sweep(strip: number): Runs {
    const first = strip * STRIP
    const end = Math.min(this.size.width, first + STRIP)
    const lines = Array.from({ length: end - first }, () => new LineUnion(8))
    for (const id of this.#strips[strip]!) {
      const { first: own, begin, from, to } = this.#columns.get(id)!
      for (let x = Math.max(first, own); x < Math.min(end, own + begin.length - 1); x++)
        for (let i = begin[x - own]!; i < begin[x - own + 1]!; i++) lines[x - first]!.add(from[i]!, to[i]!)
    }
    const covered = new RunsBuilder(first)
    lines.forEach((line, k) => line.take(first + k, covered))
    const gaps = gapsOf(covered.finish(end - first), 0, this.size.height)
    let free = 0
    for (let i = 0; i < gaps.from.length; i++) free += gaps.to[i]! - gaps.from[i]!
    this.#free[strip] = free
    return (this.#gaps[strip] = gaps)
  }

  #allGaps(): Runs {
    const all = new RunsBuilder(0)
    this.#gaps.forEach((gaps, strip) =>
      forEachOf(gaps ?? this.#sweep(strip), (x, from, to) => all.add(x, from, to)),
    )
    return all.finish()
  }
}

function regionsOf(gaps: Runs, parts: Parts): Region[] {
  const areas = areasOf(gaps, parts)
  const boxes: { x0: number; y0: number; x1: number; y1: number }[] = []
  const longest: { length: number; x: number; y: number }[] = []
  forEachOf(gaps, (x, from, to, run) => {
    const part = parts.of[run]!
    const box = (boxes[part] ??= { x0: x, y0: from, x1: x, y1: to })
    box.x1 = x + 1
    box.y0 = Math.min(box.y0, from)
    box.y1 = Math.max(box.y1, to)
    if (to - from > (longest[part]?.length ?? 0))
      longest[part] = { length: to - from, x, y: (from + to) >> 1 }
  })
  return boxes.map((box, part) => ({ area: areas[part]!, box, x: longest[part]!.x, y: longest[part]!.y }))
}
