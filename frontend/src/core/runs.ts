/**
 * Runs of set pixels, line by line, in image coordinates: what sparse operations on masks work with. Lines are columns
 * (as masks are stored) or rows (as polygons are painted and traced); `transpose` turns one into the other.
 *
 * The cost of everything here goes with the outlines, never with the area. Owns no meaning: operations are elsewhere.
 */
import type { MaskGeometry, Polygon } from './document'
import { ringBbox } from './geometry'
import { forEachSpan } from './raster'
import { EMPTY_MASK, forEachColumnRun, RunBuilder } from './rle'

/** Line `first + k` has the runs `begin[k] <= i < begin[k + 1]`: pixels `from[i]` to `to[i]` (exclusive), ascending. */
export interface Runs {
  readonly first: number
  readonly begin: Int32Array
  readonly from: Int32Array
  readonly to: Int32Array
}

export const NO_RUNS: Runs = {
  first: 0,
  begin: new Int32Array(1),
  from: new Int32Array(0),
  to: new Int32Array(0),
}

/** A run's two ends as one sortable number; both are below 2^26. */
const PAIR = 2 ** 26

/** Collects runs that come in order; runs of one line that touch or overlap are joined. */
export class RunsBuilder {
  readonly #first: number
  readonly #begin: number[] = [0]
  readonly #from: number[] = []
  readonly #to: number[] = []

  /** `first`: no line below it will come. */
  constructor(first: number) {
    this.#first = first
  }

  /** Adds pixels of a line; neither the line nor `from` is below the one before. */
  add(line: number, from: number, to: number): void {
    if (to <= from) return
    const k = line - this.#first
    while (this.#begin.length <= k) this.#begin.push(this.#from.length)
    const last = this.#from.length - 1
    if (last >= this.#begin[k]! && from <= this.#to[last]!) {
      if (to > this.#to[last]!) this.#to[last] = to
      return
    }
    this.#from.push(from)
    this.#to.push(to)
  }

  /** The runs, over at least this many lines. */
  finish(lines = 0): Runs {
    if (this.#from.length === 0 && lines === 0) return NO_RUNS
    const begin = this.#begin.slice()
    while (begin.length < lines) begin.push(this.#from.length)
    begin.push(this.#from.length)
    return {
      first: this.#first,
      begin: Int32Array.from(begin),
      from: Int32Array.from(this.#from),
      to: Int32Array.from(this.#to),
    }
  }
}

/** Collects runs of one line in any order, and gives their union: `take` empties it for the next line. */
export class LineUnion {
  #keys: Float64Array
  #size = 0

  /** `room`: for how many runs to begin with. */
  constructor(room = 64) {
    this.#keys = new Float64Array(room)
  }

  add(from: number, to: number): void {
    if (to <= from) return
    if (this.#size === this.#keys.length) {
      const larger = new Float64Array(2 * this.#size)
      larger.set(this.#keys)
      this.#keys = larger
    }
    this.#keys[this.#size++] = from * PAIR + to
  }

  take(line: number, into: RunsBuilder): void {
    const keys = this.#keys.subarray(0, this.#size)
    if (this.#size > 1) keys.sort()
    for (const key of keys) {
      const from = Math.floor(key / PAIR)
      into.add(line, from, key - from * PAIR)
    }
    this.#size = 0
  }
}

/** Calls `visit` for every run, line by line. */
export function forEachOf(
  runs: Runs,
  visit: (line: number, from: number, to: number, run: number) => void,
): void {
  for (let k = 0; k + 1 < runs.begin.length; k++)
    for (let i = runs.begin[k]!; i < runs.begin[k + 1]!; i++)
      visit(runs.first + k, runs.from[i]!, runs.to[i]!, i)
}

/** A mask's columns. */
export function columnsOfMask(mask: MaskGeometry): Runs {
  const runs = new RunsBuilder(mask.x)
  forEachColumnRun(mask.counts, mask.height, (column, top, bottom) => {
    runs.add(mask.x + column, mask.y + top, mask.y + bottom)
  })
  return runs.finish()
}

/** The mask of columns, cropped to what is set. */
export function maskOfColumns(columns: Runs): MaskGeometry {
  let [x0, x1, y0, y1] = [Infinity, 0, Infinity, 0]
  forEachOf(columns, (x, top, bottom) => {
    x0 = Math.min(x0, x)
    x1 = x + 1
    y0 = Math.min(y0, top)
    y1 = Math.max(y1, bottom)
  })
  if (x1 <= x0) return EMPTY_MASK
  const height = y1 - y0
  const counts = new RunBuilder()
  forEachOf(columns, (x, top, bottom) => {
    counts.add((x - x0) * height + top - y0, (x - x0) * height + bottom - y0)
  })
  return { x: x0, y: y0, width: x1 - x0, height, counts: counts.finish((x1 - x0) * height) }
}

/** The pixels that polygons cover within the image, as rows. */
export function rowsOfPolygons(polygons: readonly Polygon[], width: number, height: number): Runs {
  const bounds = { x0: 0, y0: 0, x1: width, y1: height }
  const top = polygons.flat().reduce((y0, ring) => Math.min(y0, ringBbox(ring).y0), height)
  const first = Math.max(0, Math.floor(top) - 1)
  const [only, ...others] = polygons
  if (only === undefined) return NO_RUNS
  if (others.length === 0) {
    const rows = new RunsBuilder(first)
    forEachSpan(only, bounds, (row, x0, x1) => rows.add(row, x0, x1))
    return rows.finish()
  }
  const lines: LineUnion[] = []
  for (const polygon of polygons)
    forEachSpan(polygon, bounds, (row, x0, x1) => (lines[row - first] ??= new LineUnion()).add(x0, x1))
  const rows = new RunsBuilder(first)
  lines.forEach((line, k) => line.take(first + k, rows))
  return rows.finish()
}

/** Columns as rows, or rows as columns: goes along the lines and notes where each crossing line begins and ends. */
export function transpose(runs: Runs): Runs {
  let [low, high] = [Infinity, -Infinity]
  for (let i = 0; i < runs.from.length; i++) {
    low = Math.min(low, runs.from[i]!)
    high = Math.max(high, runs.to[i]!)
  }
  if (high <= low) return NO_RUNS
  const open = new Int32Array(high - low).fill(-1)
  const ended = new Ended(low, high)
  const lines = runs.begin.length - 1
  for (let k = 0; k <= lines; k++) {
    forEachDifference(runs, k, (from, to) => {
      for (let at = from - low; at < to - low; at++) {
        if (open[at]! < 0) open[at] = k
        else {
          ended.add(at, runs.first + open[at]!, runs.first + k)
          open[at] = -1
        }
      }
    })
  }
  return ended.sorted()
}

/** Where line k differs from the line before it (lines before the first and after the last are empty). */
function forEachDifference(runs: Runs, k: number, visit: (from: number, to: number) => void): void {
  const { begin, from, to } = runs
  const edge = (at: number): number => ((at & 1) === 0 ? from[at >> 1]! : to[at >> 1]!)
  let a = k > 0 ? 2 * begin[k - 1]! : 0
  const aEnd = k > 0 ? 2 * begin[k]! : 0
  let b = k + 1 < begin.length ? 2 * begin[k]! : 0
  const bEnd = k + 1 < begin.length ? 2 * begin[k + 1]! : 0
  let start = -1
  while (a < aEnd || b < bEnd) {
    const [xa, xb] = [a < aEnd ? edge(a) : Infinity, b < bEnd ? edge(b) : Infinity]
    if (xa <= xb) a++
    if (xb <= xa) b++
    if (xa === xb) continue
    const x = Math.min(xa, xb)
    if (start >= 0) visit(start, x)
    start = start >= 0 ? -1 : x
  }
}

/** Finished runs of the crossing lines, sorted by line at the end: within a line they come in order. */
class Ended {
  readonly #line: number[] = []
  readonly #from: number[] = []
  readonly #to: number[] = []

  constructor(
    readonly low: number,
    readonly high: number,
  ) {}

  add(line: number, from: number, to: number): void {
    this.#line.push(line)
    this.#from.push(from)
    this.#to.push(to)
  }

  sorted(): Runs {
    const begin = new Int32Array(this.high - this.low + 1)
    for (const line of this.#line) begin[line + 1]!++
    for (let k = 1; k < begin.length; k++) begin[k]! += begin[k - 1]!
    const next = begin.slice()
    const from = new Int32Array(this.#line.length)
    const to = new Int32Array(this.#line.length)
    for (let i = 0; i < this.#line.length; i++) {
      const at = next[this.#line[i]!]!++
      from[at] = this.#from[i]!
      to[at] = this.#to[i]!
    }
    return { first: this.low, begin, from, to }
  }
}
