/**
 * Polygon with holes -> pixels: the one rasteriser, bit for bit as `annotator/core/raster.py`.
 *
 * A pixel (column i, row j) belongs to a polygon when its centre (i + 0.5, j + 0.5) is inside by the even-odd rule
 * over all the rings, top and left edges inclusive. The way back is `trace.ts`.
 */
import { bitmapOf, cutBitmap, emptyBitmap, type Bitmap, type Crop } from './bitmap'
import {
  compareOrder,
  type AnnotationRecord,
  type Box,
  type Geometry,
  type Polygon,
  type Ring,
} from './document'
import type { Rect } from './points'

/** Called for each horizontal run of pixels: columns x0 to x1 (exclusive) of a row. */
export type SpanVisitor = (row: number, x0: number, x1: number) => void

const NOTHING: Crop = { x: 0, y: 0, bitmap: emptyBitmap(0, 0) }

/** Crossings held at once; a polygon with more is done in bands of rows. */
const MAX_CROSSINGS = 4_000_000

/** Visits the polygon's pixels inside `bounds` (whole pixels), row by row from the top, left to right. */
export function forEachSpan(polygon: Polygon, bounds: Rect, visit: SpanVisitor): void {
  const edges = edgesOf(polygon, bounds)
  if (edges.total > MAX_CROSSINGS && edges.bottom - edges.top > 1) {
    const middle = (edges.top + edges.bottom) >> 1
    forEachSpan(polygon, { ...bounds, y0: edges.top, y1: middle }, visit)
    forEachSpan(polygon, { ...bounds, y0: middle, y1: edges.bottom }, visit)
    return
  }
  if (edges.total > 0) visitRows(edges, bounds, visit)
}

/** The pixels of one polygon with holes, over the whole image. */
export function rasterisePolygon(polygon: Polygon, height: number, width: number): Bitmap {
  const bitmap = emptyBitmap(width, height)
  paint(polygon, { x: 0, y: 0, bitmap })
  return bitmap
}

/** The pixels of an object over the whole image: none for lines and points. */
export function rasterise(geometry: Geometry, height: number, width: number): Bitmap {
  const crop = rasteriseCrop(geometry, height, width)
  const image = emptyBitmap(width, height)
  for (let j = 0; j < crop.bitmap.height; j++) {
    const row = crop.bitmap.data.subarray(j * crop.bitmap.width, (j + 1) * crop.bitmap.width)
    image.data.set(row, (crop.y + j) * width + crop.x)
  }
  return image
}

/** The pixels of an object within a box around it: a crop inside the image, not always the smallest one. */
export function rasteriseCrop(geometry: Geometry, height: number, width: number): Crop {
  if (geometry.kind === 'polygon') return cropPolygons(geometry.polygons, height, width)
  if (geometry.kind === 'box') return cropPolygons([[boxRing(geometry.box)]], height, width)
  if (geometry.kind !== 'mask') return NOTHING
  const { mask } = geometry
  const [x0, y0] = [Math.max(mask.x, 0), Math.max(mask.y, 0)]
  const [x1, y1] = [Math.min(mask.x + mask.width, width), Math.min(mask.y + mask.height, height)]
  if (x1 <= x0 || y1 <= y0) return NOTHING
  return { x: x0, y: y0, bitmap: cutBitmap(bitmapOf(mask), x0 - mask.x, y0 - mask.y, x1 - x0, y1 - y0) }
}

/** The box's corners as a ring, clockwise on the screen. */
export function boxRing([x0, y0, x1, y1]: Box): Ring {
  return Float32Array.of(x0, y0, x1, y0, x1, y1, x0, y1)
}

/** Paints class indices over each other by (z, created, id). Returns (height x width) bytes, 0 background. */
export function labelMap(records: Iterable<AnnotationRecord>, height: number, width: number): Uint8Array {
  const labels = new Uint8Array(height * width)
  for (const record of paintOrder(records)) paintInto(labels, record, record.classIndex, height, width)
  return labels
}

/** Paints the objects' numbers 1..n, in the order of painting, over each other; 0 background. */
export function instanceMap(records: Iterable<AnnotationRecord>, height: number, width: number): Int32Array {
  const numbers = new Int32Array(height * width)
  paintOrder(records).forEach((record, k) => paintInto(numbers, record, k + 1, height, width))
  return numbers
}

/** The objects that have pixels, by (z, created, id). */
export function paintOrder(records: Iterable<AnnotationRecord>): AnnotationRecord[] {
  return [...records].filter(({ kind }) => kind !== 'polyline' && kind !== 'point').sort(compareOrder)
}

function paintInto(
  map: Uint8Array | Int32Array,
  geometry: Geometry,
  value: number,
  height: number,
  width: number,
): void {
  const { x, y, bitmap } = rasteriseCrop(geometry, height, width)
  for (let j = 0, at = 0; j < bitmap.height; j++) {
    const row = (y + j) * width + x
    for (let i = 0; i < bitmap.width; i++, at++) if (bitmap.data[at] === 1) map[row + i] = value
  }
}

function cropPolygons(polygons: readonly Polygon[], height: number, width: number): Crop {
  const image = { x0: 0, y0: 0, x1: width, y1: height }
  let [x0, y0, x1, y1] = [width, height, 0, 0]
  for (const polygon of polygons) {
    const box = pixelBox(polygon, image)
    x0 = Math.min(x0, box.x0)
    y0 = Math.min(y0, box.y0)
    x1 = Math.max(x1, box.x1)
    y1 = Math.max(y1, box.y1)
  }
  if (x1 <= x0 || y1 <= y0) return NOTHING
  const crop = { x: x0, y: y0, bitmap: emptyBitmap(x1 - x0, y1 - y0) }
  for (const polygon of polygons) paint(polygon, crop)
  return crop
}

function paint(polygon: Polygon, { x, y, bitmap }: Crop): void {
  const { width, height, data } = bitmap
  forEachSpan(polygon, { x0: x, y0: y, x1: x + width, y1: y + height }, (row, x0, x1) => {
    const start = (row - y) * width - x
    data.fill(1, start + x0, start + x1)
  })
}

/** Whole pixels around a polygon, one more on each side (a crossing may round outwards), within the image. */
function pixelBox(polygon: Polygon, image: Rect): Rect {
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity]
  for (const ring of polygon) {
    for (let i = 0; i < ring.length; i += 2) {
      const x = ring[i]!
      const y = ring[i + 1]!
      if (x < x0) x0 = x
      if (x > x1) x1 = x
      if (y < y0) y0 = y
      if (y > y1) y1 = y
    }
  }
  return {
    x0: Math.max(image.x0, Math.floor(x0) - 1),
    y0: Math.max(image.y0, Math.floor(y0)),
    x1: Math.min(image.x1, Math.ceil(x1) + 1),
    y1: Math.min(image.y1, Math.ceil(y1)),
  }
}

/** The edges that cross a row's centre line within the bounds: xa, ya, xb, yb with ya < yb, and their rows. */
interface Edges {
  readonly count: number
  readonly points: Float64Array
  /** First row and one past the last row that each edge crosses. */
  readonly rows: Int32Array
  readonly total: number
  readonly top: number
  readonly bottom: number
}

function edgesOf(polygon: Polygon, bounds: Rect): Edges {
  const most = polygon.reduce((sum, ring) => sum + ring.length / 2, 0)
  const points = new Float64Array(4 * most)
  const rows = new Int32Array(2 * most)
  let [count, total, top, bottom] = [0, 0, bounds.y1, bounds.y0]
  for (const ring of polygon) {
    for (let i = 0, p = ring.length - 2; i < ring.length; p = i, i += 2) {
      const flip = ring[p + 1]! > ring[i + 1]!
      const [a, b] = flip ? [i, p] : [p, i]
      const ya = ring[a + 1]!
      const yb = ring[b + 1]!
      const first = Math.min(Math.max(Math.ceil(ya - 0.5), bounds.y0), bounds.y1)
      const last = Math.min(Math.max(Math.ceil(yb - 0.5), bounds.y0), bounds.y1)
      if (first >= last) continue
      points[4 * count] = ring[a]!
      points[4 * count + 1] = ya
      points[4 * count + 2] = ring[b]!
      points[4 * count + 3] = yb
      rows[2 * count] = first
      rows[2 * count + 1] = last
      total += last - first
      top = Math.min(top, first)
      bottom = Math.max(bottom, last)
      count++
    }
  }
  return { count, points, rows, total, top, bottom }
}

/** Sorts the crossings into rows, then pairs them up: from an odd one to the next even one is inside. */
function visitRows(
  { count, points, rows, total, top, bottom }: Edges,
  bounds: Rect,
  visit: SpanVisitor,
): void {
  const begin = new Int32Array(bottom - top + 1)
  for (let e = 0; e < count; e++) {
    for (let row = rows[2 * e]!; row < rows[2 * e + 1]!; row++) begin[row - top + 1]!++
  }
  for (let k = 1; k < begin.length; k++) begin[k]! += begin[k - 1]!
  const next = begin.slice()
  const columns = new Int32Array(total)
  for (let e = 0; e < count; e++) {
    const xa = points[4 * e]!
    const ya = points[4 * e + 1]!
    const xb = points[4 * e + 2]!
    const yb = points[4 * e + 3]!
    for (let row = rows[2 * e]!; row < rows[2 * e + 1]!; row++) {
      const x = xa + ((row + 0.5 - ya) * (xb - xa)) / (yb - ya)
      columns[next[row - top]!++] = Math.min(Math.max(Math.ceil(x - 0.5), bounds.x0), bounds.x1)
    }
  }
  for (let row = top; row < bottom; row++) {
    const from = begin[row - top]!
    const to = begin[row - top + 1]!
    sortRange(columns, from, to)
    for (let k = from; k < to; k += 2) {
      if (columns[k]! < columns[k + 1]!) visit(row, columns[k]!, columns[k + 1]!)
    }
  }
}

/** Sorts a part of an array in place; insertion sort is the fastest for the two to a dozen crossings of a row. */
function sortRange(values: Int32Array, from: number, to: number): void {
  if (to - from > 24) {
    values.subarray(from, to).sort()
    return
  }
  for (let i = from + 1; i < to; i++) {
    const value = values[i]!
    let k = i - 1
    while (k >= from && values[k]! > value) {
      values[k + 1] = values[k]!
      k--
    }
    values[k + 1] = value
  }
}
