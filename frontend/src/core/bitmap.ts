/** Small dense bitmaps, one byte a pixel, and their way to and from cropped masks. */
import type { MaskGeometry } from './document'
import { EMPTY_MASK, decode, encode } from './rle'

/** Row-major pixels, 0 or 1: pixel (column i, row j) is `data[j * width + i]`. */
export interface Bitmap {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

/** A bitmap that lies in the image with its top-left pixel at (x, y). */
export interface Crop {
  readonly x: number
  readonly y: number
  readonly bitmap: Bitmap
}

export function emptyBitmap(width: number, height: number): Bitmap {
  return { width, height, data: new Uint8Array(width * height) }
}

/** The mask of a bitmap whose top-left pixel is pixel (x, y) of the image, cropped to what is set. */
export function maskFromBitmap(bitmap: Bitmap, x = 0, y = 0): MaskGeometry {
  const { width, height, data } = bitmap
  let [x0, y0, x1, y1] = [width, height, 0, 0]
  for (let j = 0; j < height; j++) {
    const row = data.subarray(j * width, (j + 1) * width)
    const first = row.indexOf(1)
    if (first < 0) continue
    x0 = Math.min(x0, first)
    x1 = Math.max(x1, row.lastIndexOf(1) + 1)
    y0 = Math.min(y0, j)
    y1 = j + 1
  }
  if (x1 === 0) return EMPTY_MASK
  const counts = encode(cutBitmap(bitmap, x0, y0, x1 - x0, y1 - y0))
  return { x: x + x0, y: y + y0, width: x1 - x0, height: y1 - y0, counts }
}

/** A mask's cropped pixels. */
export function bitmapOf(mask: MaskGeometry): Bitmap {
  return decode(mask.counts, mask.height, mask.width)
}

/** A part of a bitmap, which must lie inside it. */
export function cutBitmap(bitmap: Bitmap, x: number, y: number, width: number, height: number): Bitmap {
  if (x === 0 && y === 0 && width === bitmap.width && height === bitmap.height) return bitmap
  const data = new Uint8Array(width * height)
  for (let j = 0; j < height; j++) {
    const start = (y + j) * bitmap.width + x
    data.set(bitmap.data.subarray(start, start + width), j * width)
  }
  return { width, height, data }
}

/** Whether the mask covers pixel (column, row) of the image; the first look-up of a mask costs its runs. */
export function maskHas(mask: MaskGeometry, column: number, row: number): boolean {
  const x = column - mask.x
  const y = row - mask.y
  if (x < 0 || y < 0 || x >= mask.width || y >= mask.height) return false
  return (runAt(runEnds(mask), x * mask.height + y) & 1) === 1
}

/** The runs of the mask's own columns `from` to `to` (exclusive) alone; the first look-up of a mask costs its runs. */
export function columnsOf(mask: MaskGeometry, from: number, to: number): Uint32Array {
  const ends = runEnds(mask)
  const [start, stop] = [from * mask.height, to * mask.height]
  const first = runAt(ends, start)
  const counts = (first & 1) === 1 ? [0] : []
  for (let run = first, at = start; at < stop; run++) {
    const end = Math.min(ends[run]!, stop)
    counts.push(end - at)
    at = end
  }
  return Uint32Array.from(counts)
}

/** The run that holds a position. */
function runAt(ends: Uint32Array, position: number): number {
  let [low, high] = [0, ends.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if (ends[middle]! > position) high = middle
    else low = middle + 1
  }
  return low
}

const runEndsOf = new WeakMap<Uint32Array, Uint32Array>()

/** Where each run ends (exclusive), kept as long as the mask lives. */
function runEnds(mask: MaskGeometry): Uint32Array {
  let ends = runEndsOf.get(mask.counts)
  if (ends === undefined) {
    ends = Uint32Array.from(mask.counts)
    for (let i = 1; i < ends.length; i++) ends[i]! += ends[i - 1]!
    runEndsOf.set(mask.counts, ends)
  }
  return ends
}
