/**
 * A part of the image divided into numbered pieces (superpixels, clusters): which piece a point is in, the mask of
 * some pieces, the lines between them. Answers at once: picking pieces never asks the server.
 */
import { emptyBitmap, maskFromBitmap } from './bitmap'
import type { MaskGeometry } from './document'
import type { Rect } from './points'

/** `data[row * width + column]` is the piece, 0 to `count` - 1; `width` x `height` cells cover `frame`. */
export interface Labels {
  readonly frame: Rect
  readonly width: number
  readonly height: number
  readonly count: number
  readonly data: Uint16Array | Uint32Array
}

interface At {
  readonly x: number
  readonly y: number
}

/** The piece that holds an image point; null outside the frame. */
export function labelAt(labels: Labels, { x, y }: At): number | null {
  const { frame, width, height, data } = labels
  const column = Math.floor(((x - frame.x0) * width) / (frame.x1 - frame.x0))
  const row = Math.floor(((y - frame.y0) * height) / (frame.y1 - frame.y0))
  if (column < 0 || row < 0 || column >= width || row >= height) return null
  return data[row * width + column]!
}

/** The pieces that a straight line crosses, looked at every half pixel. */
export function labelsAlong(labels: Labels, from: At, to: At): Set<number> {
  const { frame, width } = labels
  const cell = Math.min(1, (frame.x1 - frame.x0) / width)
  const steps = Math.max(1, Math.ceil((2 * Math.hypot(to.x - from.x, to.y - from.y)) / cell))
  const found = new Set<number>()
  for (let k = 0; k <= steps; k++) {
    const share = k / steps
    const label = labelAt(labels, {
      x: from.x + (to.x - from.x) * share,
      y: from.y + (to.y - from.y) * share,
    })
    if (label !== null) found.add(label)
  }
  return found
}

/** The pixels of some pieces. */
export function maskOfLabels(labels: Labels, chosen: ReadonlySet<number>): MaskGeometry {
  const { frame, width, height, data } = labels
  const taken = new Uint8Array(labels.count)
  for (const label of chosen) taken[label] = 1
  const bitmap = emptyBitmap(frame.x1 - frame.x0, frame.y1 - frame.y0)
  if (bitmap.width === width && bitmap.height === height) {
    for (let i = 0; i < data.length; i++) bitmap.data[i] = taken[data[i]!]!
  } else {
    const columns = Uint32Array.from({ length: bitmap.width }, (_, i) => nearest(i, width, bitmap.width))
    for (let j = 0, at = 0; j < bitmap.height; j++) {
      const row = nearest(j, height, bitmap.height) * width
      for (let i = 0; i < bitmap.width; i++) bitmap.data[at++] = taken[data[row + columns[i]!]!]!
    }
  }
  return maskFromBitmap(bitmap, frame.x0, frame.y0)
}

function nearest(position: number, cells: number, pixels: number): number {
  return Math.min(cells - 1, Math.floor(((position + 0.5) * cells) / pixels))
}

/** The lines between different pieces, along the cells' edges: [x0, y0, x1, y1, ...] in image pixels. */
export function labelBorders(labels: Labels): Float32Array {
  const { frame, width, height, data } = labels
  const across = (frame.x1 - frame.x0) / width
  const down = (frame.y1 - frame.y0) / height
  const lines: number[] = []
  const each = (outer: number, inner: number, differs: (o: number, i: number) => boolean, isRow: boolean) => {
    for (let o = 1; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        if (!differs(o, i)) continue
        const start = i
        while (i < inner && differs(o, i)) i++
        if (isRow)
          lines.push(
            frame.x0 + start * across,
            frame.y0 + o * down,
            frame.x0 + i * across,
            frame.y0 + o * down,
          )
        else
          lines.push(
            frame.x0 + o * across,
            frame.y0 + start * down,
            frame.x0 + o * across,
            frame.y0 + i * down,
          )
      }
    }
  }
  each(height, width, (j, i) => data[j * width + i] !== data[(j - 1) * width + i], true)
  each(width, height, (i, j) => data[j * width + i] !== data[j * width + i - 1], false)
  return Float32Array.from(lines)
}

/** The same division with every 4-connected part a piece of its own. */
export function connectedLabels(labels: Labels): Labels {
  const { width, height, data } = labels
  const parts = new Uint32Array(data.length).fill(0xffffffff)
  const stack = new Uint32Array(data.length)
  let count = 0
  for (let start = 0; start < data.length; start++) {
    if (parts[start] !== 0xffffffff) continue
    const label = data[start]!
    let size = 1
    stack[0] = start
    parts[start] = count
    const visit = (at: number) => {
      if (data[at] !== label || parts[at] !== 0xffffffff) return
      parts[at] = count
      stack[size++] = at
    }
    while (size > 0) {
      const at = stack[--size]!
      const column = at % width
      if (column > 0) visit(at - 1)
      if (column < width - 1) visit(at + 1)
      if (at >= width) visit(at - width)
      if (at < width * (height - 1)) visit(at + width)
    }
    count += 1
  }
  return { ...labels, count, data: parts }
}
