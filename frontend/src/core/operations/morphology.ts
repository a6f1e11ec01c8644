/**
 * Growing, shrinking and smoothing of masks with a Euclidean disc, on runs: a pixel is meant when the distance between
 * pixel centres is at most the radius.
 *
 * At the image's border nothing is known beyond: shrinking takes nothing away there, and smoothing asks only the pixels
 * that are in the image.
 */
import type { MaskGeometry } from '../document'
import { frameOf, subtractMasks } from '../maskAlgebra'
import type { Rect } from '../points'
import { EMPTY_MASK } from '../rle'
import { columnsOfMask, LineUnion, maskOfColumns, type Runs, RunsBuilder } from '../runs'
import type { Size } from './area'
import { gapsOf } from './components'

/** All pixels that are at most `radius` from one of the mask. */
export function growMask(mask: MaskGeometry, radius: number, { width, height }: Size): MaskGeometry {
  return maskOfColumns(growRuns(columnsOfMask(mask), radius, { x0: 0, y0: 0, x1: width, y1: height }))
}

/** The mask's pixels that are further than `radius` from any pixel of the image outside it. */
export function shrinkMask(mask: MaskGeometry, radius: number, { width, height }: Size): MaskGeometry {
  if (mask.width === 0) return EMPTY_MASK
  const { x0, y0, x1, y1 } = frameOf(mask)
  // The nearest pixel outside is never further than the ring around the crop.
  const frame = {
    x0: Math.max(0, x0 - 1),
    y0: Math.max(0, y0 - 1),
    x1: Math.min(width, x1 + 1),
    y1: Math.min(height, y1 + 1),
  }
  const outside = gapsOf(padded(columnsOfMask(mask), frame.x0, frame.x1), frame.y0, frame.y1)
  return subtractMasks(mask, maskOfColumns(growRuns(outside, radius, frame)))
}

/** Each pixel becomes what most of the disc around it is. */
export function smoothMask(mask: MaskGeometry, radius: number, size: Size): MaskGeometry {
  if (mask.width === 0) return EMPTY_MASK
  const columns = columnsOfMask(mask)
  const halves = halfHeights(radius)
  const reach = halves.length - 1
  const first = Math.max(0, mask.x - reach)
  const smooth = new RunsBuilder(first)
  const votes = new Votes(radius, size.height)
  for (let x = first; x < Math.min(size.width, mask.x + mask.width + reach); x++) {
    for (let d = -reach; d <= reach; d++) {
      if (x + d < 0 || x + d >= size.width) continue
      const half = halves[Math.abs(d)]!
      votes.count(0, size.height, half, -1)
      forEachIn(columns, x + d, (from, to) => votes.count(from, to, half, 2))
    }
    votes.take(x, smooth)
  }
  return maskOfColumns(smooth.finish())
}

function growRuns(columns: Runs, radius: number, bounds: Rect): Runs {
  const halves = halfHeights(radius)
  const reach = halves.length - 1
  const last = columns.first + columns.begin.length - 1
  const first = Math.max(bounds.x0, columns.first - reach)
  const grown = new RunsBuilder(first)
  const line = new LineUnion()
  for (let x = first; x < Math.min(bounds.x1, last + reach); x++) {
    for (let d = -reach; d <= reach; d++) {
      const half = halves[Math.abs(d)]!
      forEachIn(columns, x + d, (from, to) =>
        line.add(Math.max(bounds.y0, from - half), Math.min(bounds.y1, to + half)),
      )
    }
    line.take(x, grown)
  }
  return grown.finish()
}

/** How far the disc reaches up and down, `d` columns from its middle. */
function halfHeights(radius: number): Int32Array {
  const reach = Math.max(0, Math.floor(radius))
  return Int32Array.from({ length: reach + 1 }, (_, d) => Math.floor(Math.sqrt(radius * radius - d * d)))
}

function forEachIn(runs: Runs, line: number, visit: (from: number, to: number) => void): void {
  const k = line - runs.first
  if (k < 0 || k + 1 >= runs.begin.length) return
  for (let i = runs.begin[k]!; i < runs.begin[k + 1]!; i++) visit(runs.from[i]!, runs.to[i]!)
}

/** The same runs over the lines `from` to `to`. */
function padded(runs: Runs, from: number, to: number): Runs {
  const begin = new Int32Array(to - from + 1)
  const last = runs.begin.length - 1
  for (let line = from; line <= to; line++)
    begin[line - from] = runs.begin[Math.min(last, Math.max(0, line - runs.first))]!
  return { ...runs, first: from, begin }
}

/**
 * The weighed number of a disc's pixels that lie in runs, along one column. It changes at most by a constant from pixel
 * to pixel, so that only the places where its slope changes are kept, not the column.
 */
class Votes {
  readonly #room: number
  #keys = new Float64Array(256)
  #size = 0

  constructor(
    radius: number,
    private readonly height: number,
  ) {
    this.#room = Math.ceil(radius) + 2
  }

  /** A run `from` to `to` of a column where the disc reaches `half` pixels up and down. */
  count(from: number, to: number, half: number, weight: number): void {
    this.#turn(from - half, weight)
    this.#turn(to - half, -weight)
    this.#turn(from + half + 1, -weight)
    this.#turn(to + half + 1, weight)
  }

  /** Adds the pixels where the sum is above zero to a line, and begins anew. */
  take(line: number, into: RunsBuilder): void {
    const keys = this.#keys.subarray(0, this.#size).sort()
    let [value, slope, at] = [0, 0, -this.#room]
    for (const key of keys) {
      const place = Math.floor(key / 8) - this.#room
      this.#above(line, at, place, value, slope, into)
      value += slope * (place - at)
      slope += (key % 8) - 3
      at = place
    }
    this.#size = 0
  }

  /** Pixels at, at + 1, ... have the values value + slope, value + 2 slope, ... up to `end` (exclusive). */
  #above(line: number, at: number, end: number, value: number, slope: number, into: RunsBuilder): void {
    let [from, to] = [at, end]
    if (slope === 0) to = value > 0 ? end : at
    else if (slope > 0) from = at + Math.max(0, Math.floor(-value / slope))
    else to = at + Math.max(0, Math.ceil(value / -slope) - 1)
    into.add(line, Math.max(0, from), Math.min(this.height, end, to))
  }

  #turn(place: number, slope: number): void {
    if (this.#size === this.#keys.length) {
      const larger = new Float64Array(2 * this.#size)
      larger.set(this.#keys)
      this.#keys = larger
    }
    this.#keys[this.#size++] = (place + this.#room) * 8 + slope + 3
  }
}
