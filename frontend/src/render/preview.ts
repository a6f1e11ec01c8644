/**
 * What an assist proposes, and the marks it was asked with. The mask is drawn with the objects (`drawProposal`), the
 * marks over everything (`drawMarks`), so that a click shows at once while the answer is still under way.
 */
import { newRecord } from '@/core/document'
import type { DraftMarks, DraftPreview } from '@/core/draft'

import { deviceTransform, type FrameState } from './frame'
import type { MaskCanvas } from './maskCanvas'
import { outlineOf } from './outlines'
import { drawSegments } from './segmentLayer'
import { contrastOf, NO_COLOUR, traceSegments, type Transform } from './shapes'

const ON = '#2fbf71'
const OFF = '#e5484d'
/** Outlines of more lines (a cluster of noise) are drawn plainly: dashes and a second line would cost a frame. */
const MOST_DASHED = 8000

/** The proposed mask, filled and with a dashed outline: it is not an object yet. */
export function drawProposal(
  context: CanvasRenderingContext2D,
  frame: FrameState,
  preview: DraftPreview,
  masks: MaskCanvas,
): void {
  const { mask, classIndex, segments } = preview
  const transform = deviceTransform(frame.viewport)
  const { dpr } = frame.viewport
  const colour = frame.style.colours[classIndex] ?? NO_COLOUR
  if (segments) drawSegments(context, frame.viewport, segments)
  if (!mask || mask.width === 0) return
  const record = newRecord({ id: 'proposal', classIndex }, { kind: 'mask', mask })
  const opacity = preview.busy ? 0.25 : Math.max(0.35, frame.style.opacity)
  masks.drawMask(context, frame.viewport, record, { ...frame.style, fills: true, outlines: false, opacity })
  const outline = outlineOf(mask)
  context.beginPath()
  traceSegments(context, outline, transform)
  if (outline.length <= 4 * MOST_DASHED) {
    context.lineWidth = 3 * dpr
    context.strokeStyle = contrastOf(colour)
    context.stroke()
    context.setLineDash([6 * dpr, 4 * dpr])
  }
  context.lineWidth = 2 * dpr
  context.strokeStyle = colour
  context.stroke()
  context.setLineDash([])
}

/** Points, strokes and box that a person gave: green on the object, red off it. */
export function drawMarks(context: CanvasRenderingContext2D, frame: FrameState, marks: DraftMarks): void {
  const transform = deviceTransform(frame.viewport)
  const { dpr } = frame.viewport
  if (marks.box) drawBox(context, frame, marks.box, transform)
  for (const { points, radius, adds } of marks.strokes) {
    context.beginPath()
    for (let i = 0; i < points.length; i += 2) {
      const x = points[i]! * transform.scale + transform.dx
      const y = points[i + 1]! * transform.scale + transform.dy
      if (i === 0) context.moveTo(x, y)
      context.lineTo(x, y)
    }
    context.lineJoin = context.lineCap = 'round'
    context.globalAlpha = 0.55
    context.lineWidth = Math.max(2 * dpr, 2 * radius * transform.scale)
    context.strokeStyle = adds ? ON : OFF
    context.stroke()
    context.globalAlpha = 1
  }
  for (const point of marks.positive) drawPoint(context, point, transform, dpr, true)
  for (const point of marks.negative) drawPoint(context, point, transform, dpr, false)
}

function drawBox(
  context: CanvasRenderingContext2D,
  frame: FrameState,
  box: NonNullable<DraftMarks['box']>,
  { scale, dx, dy }: Transform,
): void {
  const { dpr } = frame.viewport
  context.setLineDash([6 * dpr, 4 * dpr])
  context.lineWidth = 1.5 * dpr
  context.strokeStyle = frame.accent
  context.strokeRect(
    Math.round(box.x0 * scale + dx) + 0.5,
    Math.round(box.y0 * scale + dy) + 0.5,
    (box.x1 - box.x0) * scale,
    (box.y1 - box.y0) * scale,
  )
  context.setLineDash([])
}

/** A disc with a plus or a minus: told apart without colours. */
function drawPoint(
  context: CanvasRenderingContext2D,
  point: { readonly x: number; readonly y: number },
  { scale, dx, dy }: Transform,
  dpr: number,
  on: boolean,
): void {
  const [x, y, r] = [point.x * scale + dx, point.y * scale + dy, 7 * dpr]
  context.beginPath()
  context.arc(x, y, r, 0, 2 * Math.PI)
  context.fillStyle = on ? ON : OFF
  context.fill()
  context.lineWidth = 2 * dpr
  context.strokeStyle = '#ffffff'
  context.stroke()
  context.beginPath()
  context.moveTo(x - r / 2, y)
  context.lineTo(x + r / 2, y)
  if (on) {
    context.moveTo(x, y - r / 2)
    context.lineTo(x, y + r / 2)
  }
  context.stroke()
}
