/**
 * The settled objects and how a tile of them is painted. Runs in the worker (and in tests on any 2D context): it knows
 * nothing of messages, threads or the screen.
 */
import { type AnnotationRecord, compareOrder } from '@/core/document'
import type { Rect } from '@/core/points'
import { isAbove } from '@/core/prelabels'

import type { MaskInk } from './maskPaint'
import { MaskTile, type Scratch } from './maskTile'
import { paintProposals } from './proposals'
import { type SceneStyle, TILE, type TileAddress, tileRect } from './protocol'
import { type Item, ItemTree } from './sceneItems'
import {
  colourOf,
  type Context2D,
  dashOf,
  hatched,
  isVisible,
  isVoid,
  onDash,
  onHatch,
  rgbOf,
  traceRing,
  tracePolygon,
  type Transform,
} from './shapes'

/** An object smaller than this on screen (device pixels) is a dot: its shape could not be seen. */
const DOT = 2
/** Room around a tile in which objects may still reach into it with their outline, device pixels. */
const REACH = 4

export class Scene {
  private readonly items = new ItemTree()
  private readonly proposed = new ItemTree()
  private readonly masks = new MaskTile()
  private style: SceneStyle | null = null
  private leftOut = new Set<string>()

  setStyle(style: SceneStyle): void {
    this.style = style
  }

  leaveOut(ids: readonly string[]): void {
    this.leftOut = new Set(ids)
  }

  put(records: readonly AnnotationRecord[]): void {
    this.items.put(records)
  }

  remove(ids: readonly string[]): void {
    this.items.remove(ids)
  }

  /** What a model proposes: painted beneath the objects. */
  propose(put: readonly AnnotationRecord[], remove: readonly string[]): void {
    this.proposed.remove(remove)
    this.proposed.put(put)
  }

  /** The objects that show in a rectangle, bottom first. */
  within(rect: Rect, reach: number): Item[] {
    const found = this.items.within(rect, reach)
    return found.filter(({ record }) => this.shows(record)).sort((a, b) => compareOrder(a.record, b.record))
  }

  /** Paints a tile onto an empty context; false when nothing lies in it. */
  paint(context: Context2D, scratch: Scratch, tile: TileAddress, scale: number): boolean {
    const { style } = this
    if (!style) return false
    const rect = tileRect(tile, scale)
    const items = this.within(rect, REACH / scale)
    const proposed = this.proposedIn(rect, REACH / scale)
    if (items.length + proposed.length === 0) return false
    const transform = { scale, dx: -tile.column * TILE, dy: -tile.row * TILE }
    if (proposed.length > 0)
      paintProposals({ context, scratch, masks: this.masks, tile, transform, style }, proposed)
    let masks: Item[] = []
    const flush = () => {
      if (masks.length > 0) this.paintMasks(context, scratch, masks, { tile, scale })
      masks = []
    }
    for (const item of items) {
      if (item.mask) masks.push(item)
      else {
        flush()
        paintShape(context, item, transform, style)
      }
    }
    flush()
    return true
  }

  /** Masks that no shape lies between, bottom first. */
  private paintMasks(
    context: Context2D,
    scratch: Scratch,
    masks: readonly Item[],
    { tile, scale }: { readonly tile: TileAddress; readonly scale: number },
  ): void {
    this.masks.begin(tile, scale)
    for (let k = masks.length - 1; k >= 0 && this.masks.letsThrough; k--)
      this.masks.addUnder(masks[k]!.mask!, [this.inkOf(masks[k]!.record)])
    this.masks.write(context, scratch)
  }

  /** The proposals that show in a rectangle, the surest last. */
  private proposedIn(rect: Rect, reach: number): Item[] {
    const from = this.style?.proposalsFrom ?? null
    if (from === null) return []
    const shown = this.proposed
      .within(rect, reach)
      .filter(({ record }) => isAbove(record.score ?? 0, from) && isVisible(this.style!, record))
    return shown.sort((a, b) => (a.record.score ?? 0) - (b.record.score ?? 0))
  }

  private inkOf(record: AnnotationRecord): MaskInk {
    const style = this.style!
    const fill = style.fills ? style.opacity : 0
    const rgb = rgbOf(colourOf(style.colours, record))
    const ink: MaskInk = { rgb, fill, edge: style.outlines ? 1 : fill }
    const { classIndex } = record
    if (style.dashes) ink.edgeTakes = (x, y) => onDash(classIndex, x, y)
    return isVoid(record) ? { ...ink, takes: onHatch } : ink
  }

  private shows(record: AnnotationRecord): boolean {
    return !this.leftOut.has(record.id) && this.style !== null && isVisible(this.style, record)
  }
}

function paintShape(context: Context2D, item: Item, transform: Transform, style: SceneStyle): void {
  const width = (item.maxX - item.minX) * transform.scale
  const height = (item.maxY - item.minY) * transform.scale
  const colour = colourOf(style.colours, item.record)
  if (width < DOT && height < DOT && item.record.kind !== 'point') {
    context.globalAlpha = style.outlines ? 1 : style.opacity
    context.fillStyle = colour
    const x = item.minX * transform.scale + transform.dx
    const y = item.minY * transform.scale + transform.dy
    context.fillRect(x, y, Math.max(1, width), Math.max(1, height))
    context.globalAlpha = 1
    return
  }
  paintRecord(context, item.record, transform, { ...style, colour })
}

export interface ShapeStyle {
  readonly colour: string
  readonly opacity: number
  readonly fills: boolean
  readonly outlines: boolean
  readonly lineWidth: number
  readonly dashes?: boolean
}

const SOLID: number[] = []

/** Paints one polygon, box, line or point object (masks are painted by pixels instead). */
export function paintRecord(
  context: Context2D,
  record: AnnotationRecord,
  transform: Transform,
  style: ShapeStyle,
): void {
  context.fillStyle = isVoid(record) && style.fills ? hatched(context, style.colour) : style.colour
  context.strokeStyle = style.colour
  context.lineWidth = style.lineWidth
  context.lineJoin = 'round'
  if (style.dashes) context.setLineDash(dashOf(record.classIndex, style.lineWidth))
  switch (record.kind) {
    case 'polygon':
      for (const polygon of record.polygons) {
        context.beginPath()
        tracePolygon(context, polygon, transform)
        inkPath(context, style)
      }
      break
    case 'box': {
      const [x0, y0, x1, y1] = record.box
      const { scale, dx, dy } = transform
      context.beginPath()
      context.rect(x0 * scale + dx, y0 * scale + dy, (x1 - x0) * scale, (y1 - y0) * scale)
      inkPath(context, { ...style, opacity: style.opacity / 2 })
      break
    }
    case 'polyline':
      context.beginPath()
      traceRing(context, record.points, transform, false)
      context.stroke()
      break
    case 'point':
      paintPoints(context, record.points, transform, style)
      break
    case 'mask':
      break
  }
  if (style.dashes) context.setLineDash(SOLID)
}

function inkPath(context: Context2D, style: ShapeStyle): void {
  if (style.fills && style.opacity > 0) {
    context.globalAlpha = style.opacity
    context.fill('evenodd')
    context.globalAlpha = 1
  }
  if (style.outlines) context.stroke()
}

function paintPoints(
  context: Context2D,
  points: Float32Array,
  transform: Transform,
  style: ShapeStyle,
): void {
  for (let i = 0; i < points.length; i += 2) {
    context.beginPath()
    const x = points[i]! * transform.scale + transform.dx
    const y = points[i + 1]! * transform.scale + transform.dy
    context.arc(x, y, 3 * style.lineWidth, 0, 2 * Math.PI)
    context.fill()
  }
}
