/**
 * COCO run lengths: column-major runs that begin with zeros, their compressed string, and arithmetic on runs.
 *
 * Nothing here but `encode` and `decode` looks at pixels, so a small mask on a 30,000 x 30,000 image stays cheap.
 * Mirrors `annotator/core/rle.py` bit for bit.
 */
import type { Bitmap } from './bitmap'
import type { MaskGeometry } from './document'
import { InvalidInput } from './errors'
import type { Rect } from './points'

export const EMPTY_MASK: MaskGeometry = { x: 0, y: 0, width: 0, height: 0, counts: new Uint32Array(0) }

/** 5-bit groups: 7 hold any difference of two uint32 runs. */
const MAX_GROUPS = 7
const FIRST_CHARACTER = 48
/** Columns that `encode` and `decode` turn at a time: 64 bytes are one cache line of a row. */
const STRIP = 64

/** Collects ascending spans of set pixels into counts; spans that touch are joined. */
export class RunBuilder {
  readonly #runs: number[] = []
  #end = 0
  #open = false

  /** Adds the pixels `start` to `end` (exclusive); `start` is not below the last `end`. */
  add(start: number, end: number): void {
    if (end <= start) return
    if (this.#open && start === this.#end) this.#runs[this.#runs.length - 1]! += end - start
    else this.#runs.push(start - this.#end, end - start)
    this.#end = end
    this.#open = true
  }

  /** The counts over `size` pixels; empty for a mask without pixels. */
  finish(size: number): Uint32Array {
    if (size === 0) return new Uint32Array(0)
    if (this.#end < size || !this.#open) this.#runs.push(size - this.#end)
    return Uint32Array.from(this.#runs)
  }
}

/** Run lengths of a bitmap; empty when it has no pixels at all. */
export function encode(bitmap: Bitmap): Uint32Array {
  const { width, height, data } = bitmap
  const runs = new RunBuilder()
  const strip = new Uint8Array(STRIP * height) // one column after the other
  for (let x0 = 0; x0 < width; x0 += STRIP) {
    const columns = Math.min(STRIP, width - x0)
    for (let y = 0; y < height; y++) {
      const row = y * width + x0
      for (let k = 0; k < columns; k++) strip[k * height + y] = data[row + k]!
    }
    const size = columns * height
    const base = x0 * height
    for (let i = 0; i < size;) {
      const start = strip.indexOf(1, i)
      if (start < 0 || start >= size) break
      let end = strip.indexOf(0, start)
      if (end < 0 || end > size) end = size
      runs.add(base + start, base + end)
      i = end
    }
  }
  return runs.finish(width * height)
}

/** The pixels of run lengths. Throws InvalidInput when the runs don't add up to height x width. */
export function decode(counts: Uint32Array, height: number, width: number): Bitmap {
  checkTotal(counts, height, width)
  const data = new Uint8Array(width * height)
  const strip = new Uint8Array(STRIP * height)
  let run = 0
  let left = counts.length > 0 ? counts[0]! : 0
  for (let x0 = 0; x0 < width; x0 += STRIP) {
    const columns = Math.min(STRIP, width - x0)
    const size = columns * height
    for (let i = 0; i < size;) {
      while (left === 0) left = counts[++run]!
      const step = Math.min(left, size - i)
      strip.fill(run & 1, i, i + step)
      i += step
      left -= step
    }
    for (let y = 0; y < height; y++) {
      const row = y * width + x0
      for (let k = 0; k < columns; k++) data[row + k] = strip[k * height + y]!
    }
  }
  return { width, height, data }
}

/** Throws InvalidInput unless the runs cover height x width pixels exactly. */
export function checkTotal(counts: Uint32Array, height: number, width: number): void {
  let total = 0
  for (let i = 0; i < counts.length; i++) total += counts[i]!
  if (total === height * width) return
  throw new InvalidInput(
    `the run lengths cover ${total} pixels; a mask of ${width} x ${height} has ${height * width}`,
  )
}

/** COCO's compressed string: from the fourth value on differences to the one two before, in signed 5-bit groups. */
export function countsToString(counts: Uint32Array): string {
  const characters: number[] = []
  const parts: string[] = []
  for (let i = 0; i < counts.length; i++) {
    let value = i > 2 ? counts[i]! - counts[i - 2]! : counts[i]!
    for (let more = true; more;) {
      const low = value & 0x1f // the low bits are right also beyond 32 bits
      value = Math.floor(value / 32)
      more = (low & 0x10) !== 0 ? value !== -1 : value !== 0
      characters.push((more ? low | 0x20 : low) + FIRST_CHARACTER)
    }
    if (characters.length > 8000) parts.push(String.fromCharCode(...characters.splice(0)))
  }
  parts.push(String.fromCharCode(...characters))
  return parts.join('')
}

/** Reads COCO's compressed string. Throws InvalidInput for a wrong character, a cut-off value or a run out of range. */
export function countsFromString(text: string): Uint32Array {
  const values = new Float64Array(text.length)
  let size = 0
  for (let at = 0; at < text.length; size++) {
    let value = 0
    let weight = 1
    let code = 0x20
    for (let group = 0; (code & 0x20) !== 0; group++, at++) {
      if (group === MAX_GROUPS) {
        throw new InvalidInput(`run ${size} is longer than ${MAX_GROUPS} characters`)
      }
      if (at === text.length) throw new InvalidInput('the run string ends in the middle of a run')
      code = codeAt(text, at)
      value += (code & 0x1f) * weight
      weight *= 32
    }
    if ((code & 0x10) !== 0) value -= weight
    if (size > 2) value += values[size - 2]!
    if (value < 0 || value > 0xffffffff) {
      throw new InvalidInput(`run ${size} has length ${value}; allowed is 0 to 2^32 - 1`)
    }
    values[size] = value
  }
  return Uint32Array.from(values.subarray(0, size))
}

function codeAt(text: string, at: number): number {
  const code = text.charCodeAt(at) - FIRST_CHARACTER
  if (code >= 0 && code <= 0x3f) return code
  throw new InvalidInput(`character ${at} of the run string is '${text[at]!}'; allowed are '0' to 'o'`)
}

/** The number of set pixels. */
export function area(counts: Uint32Array): number {
  let total = 0
  for (let i = 1; i < counts.length; i += 2) total += counts[i]!
  return total
}

/** Calls `visit` with start and end (exclusive) of each run of set pixels, in column-major positions. */
export function forEachRun(counts: Uint32Array, visit: (start: number, end: number) => void): void {
  let position = 0
  for (let i = 0; i + 1 < counts.length; i += 2) {
    const start = position + counts[i]!
    position = start + counts[i + 1]!
    if (position > start) visit(start, position)
  }
}

/** Calls `visit` with column, top and bottom (exclusive) of each run, cut at the columns' ends. */
export function forEachColumnRun(
  counts: Uint32Array,
  height: number,
  visit: (column: number, top: number, bottom: number) => void,
): void {
  forEachRun(counts, (start, end) => {
    let column = Math.floor(start / height)
    for (let top = start - column * height, left = end - start; left > 0; column++, top = 0) {
      const step = Math.min(left, height - top)
      visit(column, top, top + step)
      left -= step
    }
  })
}

/** The box of the set pixels, far sides exclusive; all zero when none is set. */
export function bbox(counts: Uint32Array, height: number): Rect {
  let [x0, y0, x1, y1] = [0, height, 0, 0]
  forEachRun(counts, (start, end) => {
    const first = Math.floor(start / height)
    const last = Math.floor((end - 1) / height)
    if (x1 === 0) x0 = first
    x1 = last + 1
    y0 = first === last ? Math.min(y0, start - first * height) : 0
    y1 = first === last ? Math.max(y1, end - last * height) : height
  })
  return x1 > 0 ? { x0, y0, x1, y1 } : { x0: 0, y0: 0, x1: 0, y1: 0 }
}

/** The number of pixels set in both masks of one size. */
export function intersection(a: Uint32Array, b: Uint32Array): number {
  let [i, j] = [0, 0]
  let [leftA, leftB] = [a[0] ?? 0, b[0] ?? 0]
  let both = 0
  while (i < a.length && j < b.length) {
    const step = Math.min(leftA, leftB)
    if ((i & j & 1) === 1) both += step
    leftA -= step
    leftB -= step
    if (leftA === 0) leftA = a[++i] ?? 0
    if (leftB === 0) leftB = b[++j] ?? 0
  }
  return both
}

/** Intersection over union of two masks of one size; for a crowd `b` the union is `a` alone; 0 for an empty union. */
export function iou(a: Uint32Array, b: Uint32Array, options: { isCrowd?: boolean } = {}): number {
  const both = intersection(a, b)
  const union = options.isCrowd === true ? area(a) : area(a) + area(b) - both
  return union > 0 ? both / union : 0
}

/** The union (or the intersection) of masks of one size. Throws InvalidInput when they differ in size. */
export function merge(masks: readonly Uint32Array[], options: { intersect?: boolean } = {}): Uint32Array {
  const [first, ...others] = masks
  if (first === undefined) return new Uint32Array(0)
  const keep = options.intersect === true ? (a: number, b: number) => a & b : (a: number, b: number) => a | b
  return others.reduce((merged, counts) => combine(merged, counts, keep), combine(first, first, keep))
}

/** The pixels of `a` that are not in `b`, two masks of one size. */
export function subtract(a: Uint32Array, b: Uint32Array): Uint32Array {
  return combine(a, b, (inA, inB) => inA & ~inB)
}

function combine(a: Uint32Array, b: Uint32Array, keep: (a: number, b: number) => number): Uint32Array {
  const size = total(a)
  if (size !== total(b)) {
    throw new InvalidInput(`the masks have different sizes: ${size} and ${total(b)} pixels`)
  }
  const runs = new RunBuilder()
  let [i, j, position] = [0, 0, 0]
  let [leftA, leftB] = [a[0] ?? 0, b[0] ?? 0]
  while (position < size) {
    while (leftA === 0) leftA = a[++i]!
    while (leftB === 0) leftB = b[++j]!
    const step = Math.min(leftA, leftB)
    if ((keep(i & 1, j & 1) & 1) === 1) runs.add(position, position + step)
    position += step
    leftA -= step
    leftB -= step
  }
  return runs.finish(size)
}

function total(counts: Uint32Array): number {
  let sum = 0
  for (let i = 0; i < counts.length; i++) sum += counts[i]!
  return sum
}

/** Crops a whole image's runs to the box of the set pixels. Throws InvalidInput when they don't fit the image. */
export function crop(counts: Uint32Array, height: number, width: number): MaskGeometry {
  checkTotal(counts, height, width)
  const { x0, y0, x1, y1 } = bbox(counts, height)
  if (x1 === x0) return EMPTY_MASK
  return {
    x: x0,
    y: y0,
    width: x1 - x0,
    height: y1 - y0,
    counts: reframe(counts, height, { x0, y0, x1, y1 }),
  }
}

/** A cropped mask's runs over the whole image; what lies outside the image is left out. */
export function expand(mask: MaskGeometry, height: number, width: number): Uint32Array {
  if (mask.width === 0 || mask.height === 0) return new RunBuilder().finish(height * width)
  const frame = { x0: -mask.x, y0: -mask.y, x1: width - mask.x, y1: height - mask.y }
  return reframe(mask.counts, mask.height, frame)
}

/** The runs as seen through another frame, given in the runs' own pixels; it may reach outside them. */
export function reframe(counts: Uint32Array, height: number, frame: Rect): Uint32Array {
  const tall = frame.y1 - frame.y0
  const runs = new RunBuilder()
  forEachColumnRun(counts, height, (column, top, bottom) => {
    if (column < frame.x0 || column >= frame.x1) return
    const offset = (column - frame.x0) * tall - frame.y0
    runs.add(offset + Math.max(top, frame.y0), offset + Math.min(bottom, frame.y1))
  })
  return runs.finish(tall * (frame.x1 - frame.x0))
}
