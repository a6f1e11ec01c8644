/**
 * Masks to device pixels straight from their run lengths: cost goes with the pixels on screen, not with the image.
 *
 * A device pixel shows the image pixel under its centre (nearest), so what is shown is what is stored.
 */
import type { MaskGeometry } from '@/core/document'

/** A mask's runs with the position where each begins, so that a column's runs are found without a scan. */
export interface IndexedMask {
  readonly mask: MaskGeometry
  /** (runs + 1) positions in the column-major crop; run k covers starts[k] .. starts[k + 1]; odd runs are set. */
  readonly starts: Float64Array
}

export function indexMask(mask: MaskGeometry): IndexedMask {
  const starts = new Float64Array(mask.counts.length + 1)
  let position = 0
  for (let k = 0; k < mask.counts.length; k++) {
    starts[k] = position
    position += mask.counts[k]!
  }
  starts[mask.counts.length] = position
  return { mask, starts }
}

/** The run that holds position `at`: the largest k with starts[k] <= at. */
export function runAt(starts: Float64Array, at: number): number {
  let low = 0
  let high = starts.length - 2
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (starts[middle]! <= at) low = middle
    else high = middle - 1
  }
  return low
}

/** Calls `each(y0, y1)` for every set run of image column `x` (crop column x - mask.x), rows in image pixels. */
export function columnRuns(
  { mask, starts }: IndexedMask,
  x: number,
  each: (y0: number, y1: number) => void,
): void {
  const column = x - mask.x
  if (column < 0 || column >= mask.width) return
  const from = column * mask.height
  const to = from + mask.height
  const last = starts.length - 1
  for (let k = runAt(starts, from); k < last && starts[k]! < to; k++) {
    if ((k & 1) === 0) continue
    const top = Math.max(starts[k]!, from)
    const bottom = Math.min(starts[k + 1]!, to)
    if (top < bottom) each(mask.y + top - from, mask.y + bottom - from)
  }
}

/** A window of device pixels: column-major coverage of 0 / 1, whose (0, 0) is device pixel (left, top) of the image. */
export interface Coverage {
  readonly width: number
  readonly height: number
  readonly left: number
  readonly top: number
  readonly pixels: Uint8Array
}

/** Sets the window's pixels whose image pixel is in the mask; `scale` device pixels an image pixel. */
export function coverMask(indexed: IndexedMask, window: Coverage, scale: number): void {
  const { width, height, left, top, pixels } = window
  const toDevice = (edge: number) => Math.min(height, Math.max(0, Math.ceil(edge * scale - 0.5) - top))
  let before = Number.NaN
  for (let i = 0; i < width; i++) {
    const x = Math.floor((left + i + 0.5) / scale)
    const start = i * height
    if (x === before) {
      pixels.copyWithin(start, start - height, start)
      continue
    }
    before = x
    pixels.fill(0, start, start + height)
    columnRuns(indexed, x, (y0, y1) => pixels.fill(1, start + toDevice(y0), start + toDevice(y1)))
  }
}

/** Colours as 0..255 and alpha 0..1. */
export interface MaskInk {
  readonly rgb: readonly [number, number, number]
  readonly fill: number
  readonly edge: number
  /** Which pixels of the output take the fill; all when left out. */
  readonly takes?: (x: number, y: number) => boolean
  /** Which pixels of the edge are drawn as edge, the others as fill; all when left out. */
  edgeTakes?: (x: number, y: number) => boolean
}

/**
 * Lays a covered window over `out` (RGBA, not premultiplied, row-major), with a one-pixel inner edge.
 * The window is one pixel larger than `out` on every side, so that edges are right at its borders.
 */
export function composeMask(window: Coverage, out: ImageData, ink: MaskInk): void {
  const { height: step, pixels } = window
  const { width, height, data } = out
  for (let x = 0; x < width; x++) {
    let at = (x + 1) * step + 1
    for (let y = 0; y < height; y++, at++) {
      if (pixels[at] === 0) continue
      const inner =
        pixels[at - 1] === 1 && pixels[at + 1] === 1 && pixels[at - step] === 1 && pixels[at + step] === 1
      if (inner && ink.takes && !ink.takes(x, y)) continue
      const alpha = inner || (ink.edgeTakes && !ink.edgeTakes(x, y)) ? ink.fill : ink.edge
      if (alpha > 0) over(data, (y * width + x) * 4, ink.rgb, alpha)
    }
  }
}

function over(
  out: Uint8ClampedArray,
  at: number,
  rgb: readonly [number, number, number],
  alpha: number,
): void {
  const below = out[at + 3]! / 255
  const total = alpha + below * (1 - alpha)
  const share = alpha / total
  out[at] = rgb[0] * share + out[at]! * (1 - share)
  out[at + 1] = rgb[1] * share + out[at + 1]! * (1 - share)
  out[at + 2] = rgb[2] * share + out[at + 2]! * (1 - share)
  out[at + 3] = total * 255
}

/** The mask's border as unordered segments [x0, y0, x1, y1, ...] in image pixels, from its runs alone. */
export function maskSegments(mask: MaskGeometry): Float32Array {
  const indexed = indexMask(mask)
  const out: number[] = []
  let before: number[] = []
  for (let x = mask.x; x <= mask.x + mask.width; x++) {
    const runs: number[] = []
    columnRuns(indexed, x, (y0, y1) => {
      runs.push(y0, y1)
      out.push(x, y0, x + 1, y0, x, y1, x + 1, y1)
    })
    const edges = [...before, ...runs].sort((a, b) => a - b)
    // Between the 1st and 2nd, 3rd and 4th ... edge exactly one of the two columns is set.
    for (let i = 0; i + 1 < edges.length; i += 2)
      if (edges[i] !== edges[i + 1]) out.push(x, edges[i]!, x, edges[i + 1]!)
    before = runs
  }
  return joinHorizontals(out)
}

/** Merges horizontal segments that continue each other, which most of a border's do. */
function joinHorizontals(segments: readonly number[]): Float32Array {
  const open = new Map<number, number>()
  const out: number[] = []
  for (let i = 0; i < segments.length; i += 4) {
    const [x0, y0, x1, y1] = [segments[i]!, segments[i + 1]!, segments[i + 2]!, segments[i + 3]!]
    const at = y0 === y1 ? open.get(y0) : undefined
    if (at !== undefined && out[at + 2] === x0) out[at + 2] = x1
    else {
      if (y0 === y1) open.set(y0, out.length)
      out.push(x0, y0, x1, y1)
    }
  }
  return Float32Array.from(out)
}
