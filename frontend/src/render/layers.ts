/** The layers, bottom to top: photograph, settled tiles, the objects being edited. Each draws one FrameState. */
import type { AnnotationRecord } from '@/core/document'
import { bboxOf } from '@/core/shapes'
import { visibleRect } from '@/core/viewport'

import { deviceTransform, type FrameState } from './frame'
import { levelFor } from './imageLevels'
import { LOOK_FILTER, type Looks } from './look'
import type { MaskCanvas } from './maskCanvas'
import { outlineOf } from './outlines'
import { drawProposal } from './preview'
import { paintRecord } from './scene'
import {
  colourOf,
  type Context2D,
  contrastOf,
  isVisible,
  traceRing,
  traceSegments,
  type Transform,
} from './shapes'
import type { Blit } from './tileCache'
import type { Piece } from './tiledImage'

/** From this scale (device pixels an image pixel) on the photograph's pixels are shown as squares. */
const SQUARES = 2
/** While moving, a level with this share of the wanted pixels is good enough. */
const MOVING_SLACK = 0.5

export function clear(context: CanvasRenderingContext2D): void {
  context.setTransform(1, 0, 0, 1, 0, 0)
  context.clearRect(0, 0, context.canvas.width, context.canvas.height)
}

export function drawImage(
  context: CanvasRenderingContext2D,
  frame: FrameState,
  moving: boolean,
  looks: Looks,
): void {
  clear(context)
  const { image, viewport } = frame
  const { scale, dx, dy } = deviceTransform(viewport)
  if (!image) return drawPlaceholder(context, frame)
  const level = levelFor(image, scale, slackOf(moving))
  const visible = visibleRect(viewport)
  const x0 = Math.max(0, Math.floor(visible.x0))
  const y0 = Math.max(0, Math.floor(visible.y0))
  const x1 = Math.min(image.width, Math.ceil(visible.x1))
  const y1 = Math.min(image.height, Math.ceil(visible.y1))
  if (x1 <= x0 || y1 <= y0) return
  const pieces = image.tiles?.pieces(scale, slackOf(moving), visible) ?? []
  const inLook = looked(context, [level.bitmap, ...pieces.map((piece) => piece.bitmap)], frame, looks)
  context.imageSmoothingEnabled = scale < SQUARES && !(moving && scale < 1)
  context.imageSmoothingQuality = 'low'
  const sx = level.bitmap.width / image.width
  const sy = level.bitmap.height / image.height
  const from = [x0 * sx, y0 * sy, (x1 - x0) * sx, (y1 - y0) * sy] as const
  context.drawImage(
    inLook(level.bitmap),
    ...from,
    x0 * scale + dx,
    y0 * scale + dy,
    (x1 - x0) * scale,
    (y1 - y0) * scale,
  )
  drawPieces(context, pieces, inLook, { scale, dx, dy })
}

/**
 * What to draw in place of each bitmap. One that is not made in the look yet puts all of them under the filter: the
 * layer has one or none.
 */
function looked(
  context: CanvasRenderingContext2D,
  bitmaps: readonly ImageBitmap[],
  { look = null }: FrameState,
  looks: Looks,
): (bitmap: ImageBitmap) => ImageBitmap {
  const made = new Map(bitmaps.map((bitmap) => [bitmap, looks.of(bitmap, look)]))
  const all = [...made.values()].every((one) => one !== null)
  const filter = all ? '' : LOOK_FILTER
  if (context.canvas.style.filter !== filter) context.canvas.style.filter = filter
  return (bitmap) => (all ? made.get(bitmap) : null) ?? bitmap
}

/** How much coarser than the screen the photograph may be shown. */
export function slackOf(moving: boolean): number {
  return moving ? MOVING_SLACK : 1
}

/** Draws tiles of a large image. Edges are whole device pixels, so that no seam shows between two of them. */
function drawPieces(
  context: CanvasRenderingContext2D,
  pieces: readonly Piece<ImageBitmap>[],
  inLook: (bitmap: ImageBitmap) => ImageBitmap,
  { scale, dx, dy }: Transform,
): void {
  const edge = (value: number, shift: number) => Math.round(value * scale) + shift
  for (const { bitmap, from, to } of pieces) {
    const [x0, y0, x1, y1] = [edge(to.x0, dx), edge(to.y0, dy), edge(to.x1, dx), edge(to.y1, dy)]
    if (x1 <= x0 || y1 <= y0) continue
    const [wide, high] = [from.x1 - from.x0, from.y1 - from.y0]
    context.clearRect(x0, y0, x1 - x0, y1 - y0)
    context.drawImage(inLook(bitmap), from.x0, from.y0, wide, high, x0, y0, x1 - x0, y1 - y0)
  }
}

/** Where the photograph will be, so that nothing jumps when it arrives. */
function drawPlaceholder(context: CanvasRenderingContext2D, { viewport }: FrameState): void {
  const { scale, dx, dy } = deviceTransform(viewport)
  context.fillStyle = 'rgb(128 128 128 / 18%)'
  context.fillRect(dx, dy, viewport.imageWidth * scale, viewport.imageHeight * scale)
}

/** Copies tiles to the screen; at the scale they were painted at this moves pixels and resamples none. */
export function drawTiles(
  context: CanvasRenderingContext2D,
  frame: FrameState,
  blits: readonly Blit<ImageBitmap>[],
): void {
  clear(context)
  const transform = deviceTransform(frame.viewport)
  const { scale, dx, dy } = transform
  context.imageSmoothingEnabled = false
  const edge = (value: number, shift: number) => Math.round(value * scale) + shift
  for (const { bitmap, rect, clip } of blits) {
    const [x0, y0] = [edge(rect.x0, dx), edge(rect.y0, dy)]
    const [x1, y1] = [edge(rect.x1, dx), edge(rect.y1, dy)]
    if (clip) {
      context.save()
      context.beginPath()
      const [left, top] = [edge(clip.x0, dx), edge(clip.y0, dy)]
      context.rect(left, top, edge(clip.x1, dx) - left, edge(clip.y1, dy) - top)
      context.clip()
    }
    context.drawImage(bitmap, x0, y0, x1 - x0, y1 - y0)
    if (clip) context.restore()
  }
}

/**
 * Objects whose tiles are not up to date yet, objects in the tool's hands, a proposal, and the outlines of the selection.
 * Returns: whether there was anything to draw.
 */
export function drawActive(
  context: CanvasRenderingContext2D,
  frame: FrameState,
  unsettled: readonly AnnotationRecord[],
  masks: MaskCanvas,
): boolean {
  clear(context)
  const transform = deviceTransform(frame.viewport)
  const { draft } = frame
  const drafted = new Set(draft.records.map((record) => record.id))
  for (const record of unsettled)
    if (!drafted.has(record.id) && draft.mask?.replaces !== record.id)
      drawRecord(context, frame, record, transform, masks)
  for (const record of draft.records) drawRecord(context, frame, record, transform, masks)
  if (draft.preview) drawProposal(context, frame, draft.preview, masks)
  const replaced = draft.mask?.replaces
  const shown = frame.selected.filter((record) => !drafted.has(record.id) && record.id !== replaced)
  drawSelection(context, frame, [...shown, ...draft.records], transform)
  return unsettled.length + draft.records.length + shown.length > 0 || draft.preview !== null
}

function drawRecord(
  context: CanvasRenderingContext2D,
  frame: FrameState,
  record: AnnotationRecord,
  transform: Transform,
  masks: MaskCanvas,
): void {
  const { style, viewport } = frame
  if (!isVisible(style, record)) return
  if (record.kind === 'mask') masks.drawMask(context, viewport, record, style)
  else paintRecord(context, record, transform, { ...style, colour: colourOf(style.colours, record) })
}

/** More selected objects than this are outlined by their boxes only. */
const MANY = 400

function drawSelection(
  context: CanvasRenderingContext2D,
  frame: FrameState,
  records: readonly AnnotationRecord[],
  transform: Transform,
): void {
  const { dpr } = frame.viewport
  for (const record of records) {
    const colour = colourOf(frame.style.colours, record)
    context.beginPath()
    if (records.length > MANY) traceBox(context, record, transform)
    else traceOutline(context, record, transform)
    context.lineJoin = 'round'
    context.lineCap = record.kind === 'mask' ? 'square' : 'round'
    context.strokeStyle = contrastOf(colour)
    context.globalAlpha = 0.9
    context.lineWidth = 4 * dpr
    context.stroke()
    context.globalAlpha = 1
    context.strokeStyle = colour
    context.lineWidth = 2 * dpr
    context.stroke()
  }
}

/** Adds the outline of any object to the path. */
export function traceOutline(context: Context2D, record: AnnotationRecord, transform: Transform): void {
  switch (record.kind) {
    case 'polygon':
      for (const polygon of record.polygons) for (const ring of polygon) traceRing(context, ring, transform)
      return
    case 'mask':
      traceSegments(context, outlineOf(record.mask), transform)
      return
    case 'box':
      traceBox(context, record, transform)
      return
    case 'polyline':
      traceRing(context, record.points, transform, false)
      return
    case 'point':
      for (let i = 0; i < record.points.length; i += 2) {
        const x = record.points[i]! * transform.scale + transform.dx
        const y = record.points[i + 1]! * transform.scale + transform.dy
        context.moveTo(x + 6, y)
        context.arc(x, y, 6, 0, 2 * Math.PI)
      }
  }
}

function traceBox(context: Context2D, record: AnnotationRecord, { scale, dx, dy }: Transform): void {
  const { x0, y0, x1, y1 } = bboxOf(record)
  context.rect(x0 * scale + dx, y0 * scale + dy, (x1 - x0) * scale, (y1 - y0) * scale)
}
