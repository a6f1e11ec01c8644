/**
 * Masks on the main thread: the one under the brush, and stored ones for the moment until their tiles are painted.
 *
 * Works in device pixels of the screen, so that a brush of any size costs no more than the part of the screen it
 * changed, and a mask of any size no memory beyond the screen's.
 */
import type { AnnotationRecord, RecordOf } from '@/core/document'
import type { DraftMask } from '@/core/draft'
import { type MaskTiles, TILE as MASK_TILE } from '@/core/maskTiles'
import type { Rect } from '@/core/points'
import type { Viewport } from '@/core/viewport'

import { deviceTransform } from './frame'
import { composeMask, coverMask, indexMask, type IndexedMask } from './maskPaint'
import type { SceneStyle } from './protocol'
import { colourOf, rgbOf, type Transform } from './shapes'

const indexes = new WeakMap<object, IndexedMask>()

/** A rectangle of whole device pixels of a canvas. */
interface Area {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export class MaskCanvas {
  private coverage = new Uint8Array(0)
  private scratch: OffscreenCanvas | null = null

  /** Draws a stored mask over what is there. */
  drawMask(
    context: CanvasRenderingContext2D,
    view: Viewport,
    record: AnnotationRecord,
    style: SceneStyle,
  ): void {
    if (record.kind !== 'mask') return
    const transform = deviceTransform(view)
    const area = areaOf(maskRect(record), transform, context.canvas)
    if (!area) return
    let indexed = indexes.get(record.mask)
    if (!indexed) {
      indexed = indexMask(record.mask)
      indexes.set(record.mask, indexed)
    }
    const [width, height] = [area.width + 2, area.height + 2]
    const [left, top] = [area.x - transform.dx - 1, area.y - transform.dy - 1]
    coverMask(indexed, { width, height, left, top, pixels: this.room(width * height) }, transform.scale)
    const pixels = context.createImageData(area.width, area.height)
    const fill = style.fills ? style.opacity : 0
    const ink = {
      rgb: rgbOf(colourOf(style.colours, record)),
      fill,
      edge: style.outlines ? 1 : fill,
    }
    composeMask({ width, height, left, top, pixels: this.coverage }, pixels, ink)
    const canvas = this.room2d(area)
    canvas.putImageData(pixels, 0, 0)
    context.drawImage(canvas.canvas, 0, 0, area.width, area.height, area.x, area.y, area.width, area.height)
  }

  /** Room for coverage, kept from one use to the next. */
  room(size: number): Uint8Array {
    if (this.coverage.length < size) this.coverage = new Uint8Array(size)
    return this.coverage
  }

  private room2d({ width, height }: Area): OffscreenCanvasRenderingContext2D {
    if (!this.scratch || this.scratch.width < width || this.scratch.height < height)
      this.scratch = new OffscreenCanvas(width, height)
    const context = this.scratch.getContext('2d')
    if (!context) throw new Error('no 2D context')
    return context
  }
}

function maskRect({ mask }: RecordOf<'mask'>): Rect {
  return { x0: mask.x, y0: mask.y, x1: mask.x + mask.width, y1: mask.y + mask.height }
}

/** The canvas's pixels that a rectangle of the image covers, one more on each side; null when none. */
function areaOf(
  rect: Rect,
  { scale, dx, dy }: Transform,
  canvas: { width: number; height: number },
): Area | null {
  const x = Math.max(0, Math.floor(rect.x0 * scale + dx) - 1)
  const y = Math.max(0, Math.floor(rect.y0 * scale + dy) - 1)
  const right = Math.min(canvas.width, Math.ceil(rect.x1 * scale + dx) + 1)
  const bottom = Math.min(canvas.height, Math.ceil(rect.y1 * scale + dy) + 1)
  return right > x && bottom > y ? { x, y, width: right - x, height: bottom - y } : null
}

/** The layer of the mask under the brush: repaints what changed since its last frame, all of it after a zoom or pan. */
export class DraftMaskLayer {
  private shown: { tiles: MaskTiles; transform: Transform; colour: string; seen: number } | null = null

  constructor(
    private readonly context: CanvasRenderingContext2D,
    private readonly masks: MaskCanvas,
  ) {}

  clear(): void {
    if (!this.shown) return
    this.shown = null
    this.context.clearRect(0, 0, this.context.canvas.width, this.context.canvas.height)
  }

  /** The canvas was resized, which emptied it. */
  forget(): void {
    this.shown = null
  }

  draw(view: Viewport, mask: DraftMask, style: SceneStyle): void {
    const transform = deviceTransform(view)
    const colour = colourOf(style.colours, { id: mask.replaces, classIndex: mask.classIndex })
    const { shown } = this
    const same =
      shown !== null &&
      shown.tiles === mask.tiles &&
      shown.colour === colour &&
      shown.seen <= mask.changes.length &&
      sameTransform(shown.transform, transform)
    if (!same) this.context.clearRect(0, 0, this.context.canvas.width, this.context.canvas.height)
    const fresh = same ? mask.changes.slice(shown.seen) : [mask.tiles.bbox()]
    this.shown = { tiles: mask.tiles, transform, colour, seen: mask.changes.length }
    for (const rect of fresh) if (rect) this.repaint(rect, mask.tiles, transform, colour, style)
  }

  private repaint(
    rect: Rect,
    tiles: MaskTiles,
    transform: Transform,
    colour: string,
    style: SceneStyle,
  ): void {
    const area = areaOf(rect, transform, this.context.canvas)
    if (!area) return
    const [width, height] = [area.width + 2, area.height + 2]
    const coverage = this.masks.room(width * height)
    sampleTiles(tiles, area, transform, coverage)
    const pixels = this.context.createImageData(area.width, area.height)
    const fill = packed(colour, style.fills ? style.opacity : 0)
    const edge = packed(colour, style.outlines || !style.fills ? 1 : style.opacity)
    ink(coverage, new Uint32Array(pixels.data.buffer), area, fill, edge)
    this.context.putImageData(pixels, area.x, area.y)
  }
}

/** Row-major coverage of an area and one pixel around it: each device pixel asks for the image pixel under its centre. */
export function sampleTiles(
  tiles: MaskTiles,
  area: Area,
  { scale, dx, dy }: Transform,
  coverage: Uint8Array,
): void {
  const width = area.width + 2
  const height = area.height + 2
  const columns = new Int32Array(width)
  for (let i = 0; i < width; i++) columns[i] = Math.floor((area.x - 1 + i + 0.5 - dx) / scale)
  let before = Number.NaN
  for (let j = 0; j < height; j++) {
    const y = Math.floor((area.y - 1 + j + 0.5 - dy) / scale)
    const start = j * width
    if (y === before) coverage.copyWithin(start, start - width, start)
    else sampleRow(tiles, y, columns, coverage, start)
    before = y
  }
}

function sampleRow(
  tiles: MaskTiles,
  y: number,
  columns: Int32Array,
  coverage: Uint8Array,
  start: number,
): void {
  const width = columns.length
  if (y < 0 || y >= tiles.height) {
    coverage.fill(0, start, start + width)
    return
  }
  const ty = Math.floor(y / MASK_TILE)
  const line = (y - ty * MASK_TILE) * MASK_TILE
  let tx = -1
  let tile: Uint8Array | null = null
  for (let i = 0; i < width; i++) {
    const x = columns[i]!
    if (x < 0 || x >= tiles.width) {
      coverage[start + i] = 0
      continue
    }
    const here = (x / MASK_TILE) | 0
    if (here !== tx) {
      tx = here
      tile = tiles.tile(tx, ty)
    }
    coverage[start + i] = tile === null ? 0 : tile[line + x - tx * MASK_TILE]!
  }
}

function ink(coverage: Uint8Array, out: Uint32Array, area: Area, fill: number, edge: number): void {
  const step = area.width + 2
  for (let j = 0, to = 0; j < area.height; j++) {
    let at = (j + 1) * step + 1
    for (let i = 0; i < area.width; i++, at++, to++) {
      if (coverage[at] === 0) continue
      const around = coverage[at - 1]! + coverage[at + 1]! + coverage[at - step]! + coverage[at + step]!
      out[to] = around === 4 ? fill : edge
    }
  }
}

/** RGBA bytes as one little-endian word. */
function packed(colour: string, alpha: number): number {
  const [r, g, b] = rgbOf(colour)
  return ((Math.round(alpha * 255) << 24) | (b << 16) | (g << 8) | r) >>> 0
}

function sameTransform(a: Transform, b: Transform): boolean {
  return a.scale === b.scale && a.dx === b.dx && a.dy === b.dy
}
