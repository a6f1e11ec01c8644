/**
 * How a model's proposals look in a tile: a dotted, light fill and an outline of two tones, so that nobody takes them for
 * a person's objects, also without colours. The sureness is in the outline: solid, dashed or dotted.
 *
 * Runs in the worker, beneath the objects (scene.ts). Owns no selection of what is shown.
 */
import { type AnnotationRecord, VOID } from '@/core/document'
import { type Confidence, confidenceOf } from '@/core/prelabels'

import type { MaskInk } from './maskPaint'
import type { MaskTile, Scratch } from './maskTile'
import type { SceneStyle, TileAddress } from './protocol'
import type { Item } from './sceneItems'
import {
  colourOf,
  type Context2D,
  contrastOf,
  NO_COLOUR,
  rgbOf,
  tracePolygon,
  traceRing,
  type Transform,
} from './shapes'

export interface ProposalTile {
  readonly context: Context2D
  readonly scratch: Scratch
  readonly masks: MaskTile
  readonly tile: TileAddress
  readonly transform: Transform
  readonly style: SceneStyle
}

/** Side of the dots' square in device pixels; it divides a tile, so that dots meet at the tiles' borders. */
const GRAIN = 8
const DOTS = 0.75
const WASH = 0.12
/** The tone between the strokes of an outline. */
const UNDER = 0.55
/** Smaller than this on screen (device pixels) nothing of a shape can be seen. */
const DOT = 3

/** Whether a device pixel of the tile grid lies on a dot: two in each square, set off like a brick wall. */
export function onDots(x: number, y: number): boolean {
  const [column, row] = [x & (GRAIN - 1), y & (GRAIN - 1)]
  return (column < 2 && row < 2) || (column >= 4 && column < 6 && row >= 4 && row < 6)
}

/** Lengths of strokes and gaps in outline widths. */
const DASHES: Readonly<Record<Confidence, readonly number[]>> = { high: [], medium: [5, 3], low: [1.5, 3] }

/** The same for the edge of a mask, by device pixels. */
export function onStroke(confidence: Confidence, x: number, y: number): boolean {
  const place = (x + y) & 15
  return confidence === 'high' || (confidence === 'medium' ? place < 10 : (place & 7) < 3)
}

/** Paints proposals, the first at the bottom. Masks lie over shapes: they are put on the tile together. */
export function paintProposals(to: ProposalTile, items: readonly Item[]): void {
  for (const item of items) if (!item.mask) paintShape(to, item)
  const masks = items.filter((item) => item.mask)
  if (masks.length === 0) return
  to.masks.begin(to.tile, to.transform.scale)
  for (let k = masks.length - 1; k >= 0 && to.masks.letsThrough; k--)
    to.masks.addUnder(masks[k]!.mask!, inksOf(masks[k]!.record, to.style))
  to.masks.write(to.context, to.scratch)
}

function inksOf(record: AnnotationRecord, style: SceneStyle): readonly MaskInk[] {
  const colour = toneOf(record, style)
  const confidence = confidenceOf(record.score ?? 0)
  const takes = (x: number, y: number) => onStroke(confidence, x, y)
  const stroke: MaskInk = { rgb: rgbOf(colour), fill: 0, edge: 1, edgeTakes: takes }
  const between: MaskInk = { rgb: rgbOf(contrastOf(colour)), fill: 0, edge: UNDER }
  const dots: MaskInk = { rgb: rgbOf(colour), fill: DOTS, edge: 0, takes: onDots }
  const wash: MaskInk = { rgb: rgbOf(colour), fill: WASH, edge: 0 }
  return [stroke, between, dots, wash]
}

function toneOf(record: AnnotationRecord, style: SceneStyle): string {
  return record.classIndex === VOID ? NO_COLOUR : colourOf(style.colours, record)
}

function paintShape(to: ProposalTile, item: Item): void {
  const { context, transform, style } = to
  const colour = toneOf(item.record, style)
  const wide = (item.maxX - item.minX) * transform.scale
  const high = (item.maxY - item.minY) * transform.scale
  context.fillStyle = context.strokeStyle = colour
  if (wide < DOT && high < DOT) {
    const [x, y] = [item.minX * transform.scale + transform.dx, item.minY * transform.scale + transform.dy]
    context.fillRect(x, y, Math.max(1, wide), Math.max(1, high))
    return
  }
  context.beginPath()
  traceShape(context, item.record, transform)
  const closed = item.record.kind === 'polygon' || item.record.kind === 'box'
  if (closed) fill(context, colour)
  outline(context, colour, confidenceOf(item.record.score ?? 0), style.lineWidth)
}

function fill(context: Context2D, colour: string): void {
  context.globalAlpha = WASH
  context.fill('evenodd')
  context.globalAlpha = DOTS
  context.fillStyle = dotted(context, colour)
  context.fill('evenodd')
  context.globalAlpha = 1
}

function outline(context: Context2D, colour: string, confidence: Confidence, width: number): void {
  context.lineJoin = 'round'
  context.globalAlpha = UNDER
  context.strokeStyle = contrastOf(colour)
  context.lineWidth = confidence === 'high' ? width + 1.5 : width
  context.stroke()
  context.globalAlpha = 1
  context.strokeStyle = colour
  context.lineWidth = width
  context.setLineDash(DASHES[confidence].map((length) => length * width))
  context.stroke()
  context.setLineDash([])
}

function traceShape(context: Context2D, record: AnnotationRecord, transform: Transform): void {
  const { scale, dx, dy } = transform
  switch (record.kind) {
    case 'polygon':
      for (const polygon of record.polygons) tracePolygon(context, polygon, transform)
      return
    case 'box': {
      const [x0, y0, x1, y1] = record.box
      context.rect(x0 * scale + dx, y0 * scale + dy, (x1 - x0) * scale, (y1 - y0) * scale)
      return
    }
    case 'polyline':
      traceRing(context, record.points, transform, false)
      return
    case 'point':
      for (let i = 0; i < record.points.length; i += 2) {
        const [x, y] = [record.points[i]! * scale + dx, record.points[i + 1]! * scale + dy]
        context.moveTo(x + 5, y)
        context.arc(x, y, 5, 0, 2 * Math.PI)
      }
      return
    case 'mask':
      return // by pixels, above
  }
}

const patterns = new Map<string, CanvasPattern | null>()
/** Colours of classes and of objects: more would be a leak. */
const MOST_PATTERNS = 512

/** Dots in a colour, as a fill. */
function dotted(context: Context2D, colour: string): CanvasPattern | string {
  const known = patterns.get(colour)
  if (known) return known
  const canvas = new OffscreenCanvas(GRAIN, GRAIN)
  const ink = canvas.getContext('2d')
  if (!ink) return colour
  ink.fillStyle = colour
  for (let y = 0; y < GRAIN; y++) for (let x = 0; x < GRAIN; x++) if (onDots(x, y)) ink.fillRect(x, y, 1, 1)
  const made = context.createPattern(canvas, 'repeat')
  if (patterns.size >= MOST_PATTERNS) patterns.clear()
  patterns.set(colour, made)
  return made ?? colour
}
