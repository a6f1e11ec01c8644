/**
 * Outlines that tell how one state differs from another: by colour, by the line (solid, dashed, dotted) and by a sign,
 * so that nobody has to see the colour. Owns drawing on a context it is given; which objects differ is core/compare.ts.
 */
import { bitmapOf } from '@/core/bitmap'
import type { AnnotationRecord, Polygon } from '@/core/document'
import { boxRing } from '@/core/raster'
import { bboxOf } from '@/core/shapes'
import { trace } from '@/core/trace'
import { visibleRect, type Viewport } from '@/core/viewport'

import { type Context2D, tracePolygon, traceRing, type Transform } from './shapes'

export type MarkTone = 'added' | 'removed' | 'changed' | 'same'

export interface Mark {
  readonly record: AnnotationRecord
  readonly tone: MarkTone
  readonly chosen?: boolean
}

interface Look {
  readonly colour: string
  readonly dash: readonly number[]
  readonly sign: string
}

/** The signs and colours are the same in the legend (compare.css). */
const LOOKS: Readonly<Record<MarkTone, Look>> = {
  added: { colour: '#2fbf71', dash: [], sign: '+' },
  removed: { colour: '#ff5a52', dash: [9, 5], sign: '−' },
  changed: { colour: '#ffb020', dash: [2.5, 4], sign: '≠' },
  same: { colour: '#c9ced8', dash: [], sign: '' },
}
const CASING = 'rgb(10 12 16 / 62%)'
const BADGE = 8

/** Draws the marks that are on screen; clears what was drawn before. */
export function drawMarks(context: Context2D, marks: readonly Mark[], view: Viewport): void {
  const { dpr } = view
  context.clearRect(0, 0, context.canvas.width, context.canvas.height)
  context.setTransform(dpr, 0, 0, dpr, 0, 0)
  const at: Transform = { scale: view.scale, dx: view.offsetX, dy: view.offsetY }
  const seen = visibleRect(view)
  const shown = marks.filter(({ record }) => {
    const box = bboxOf(record)
    return box.x1 >= seen.x0 && box.y1 >= seen.y0 && box.x0 <= seen.x1 && box.y0 <= seen.y1
  })
  for (const mark of shown) drawOutline(context, mark, at)
  for (const mark of shown) drawSign(context, mark, at)
  context.setTransform(1, 0, 0, 1, 0, 0)
}

function drawOutline(context: Context2D, { record, tone, chosen }: Mark, at: Transform): void {
  const { colour, dash } = LOOKS[tone]
  const width = chosen ? 4 : tone === 'same' ? 1.25 : 2.5
  context.beginPath()
  outline(context, record, at)
  context.lineJoin = 'round'
  context.setLineDash([])
  context.strokeStyle = CASING
  context.lineWidth = width + 2
  context.stroke()
  context.setLineDash([...dash])
  context.strokeStyle = colour
  context.lineWidth = width
  context.stroke()
  context.setLineDash([])
}

function drawSign(context: Context2D, { record, tone }: Mark, at: Transform): void {
  const { colour, sign } = LOOKS[tone]
  if (sign === '') return
  const { x0, y0 } = bboxOf(record)
  const [x, y] = [x0 * at.scale + at.dx, y0 * at.scale + at.dy]
  context.beginPath()
  context.arc(x, y, BADGE, 0, 2 * Math.PI)
  context.fillStyle = '#101318'
  context.fill()
  context.strokeStyle = colour
  context.lineWidth = 1.5
  context.stroke()
  context.fillStyle = colour
  context.font = '700 12px system-ui, sans-serif'
  context.textAlign = 'center'
  context.textBaseline = 'middle'
  context.fillText(sign, x, y + 0.5)
}

function outline(context: Context2D, record: AnnotationRecord, at: Transform): void {
  switch (record.kind) {
    case 'polygon':
      for (const polygon of record.polygons) tracePolygon(context, polygon, at)
      break
    case 'mask':
      for (const polygon of tracedMask(record)) tracePolygon(context, polygon, at)
      break
    case 'box':
      traceRing(context, boxRing(record.box), at)
      break
    case 'polyline':
      traceRing(context, record.points, at, false)
      break
    case 'point': {
      const [x = 0, y = 0] = record.points
      context.moveTo(x * at.scale + at.dx + 6, y * at.scale + at.dy)
      context.arc(x * at.scale + at.dx, y * at.scale + at.dy, 6, 0, 2 * Math.PI)
    }
  }
}

const traced = new WeakMap<AnnotationRecord, readonly Polygon[]>()

function tracedMask(record: Extract<AnnotationRecord, { kind: 'mask' }>): readonly Polygon[] {
  let found = traced.get(record)
  if (!found) traced.set(record, (found = trace(bitmapOf(record.mask), record.mask.x, record.mask.y)))
  return found
}
