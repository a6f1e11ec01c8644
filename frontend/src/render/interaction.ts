/** The top layer: hover, the line being drawn, handles, marquee, brush ring, pixel grid, exact coverage. */
import type { AnnotationRecord, Polygon } from '@/core/document'
import type { BrushRing, DraftHandles, DraftPath } from '@/core/draft'
import { pathsOf } from '@/core/handles'
import type { Rect } from '@/core/points'
import { boxRing, forEachSpan } from '@/core/raster'
import { visibleRect } from '@/core/viewport'

import { deviceTransform, type FrameState } from './frame'
import { clear, traceOutline } from './layers'
import { drawMarks } from './preview'
import { colourOf, contrastOf, NO_COLOUR, traceRing, type Transform } from './shapes'

/** From this scale (CSS pixels an image pixel) on the pixel grid and the exact coverage are shown. */
const GRID_FROM = 12

export function drawInteraction(context: CanvasRenderingContext2D, frame: FrameState): void {
  clear(context)
  const transform = deviceTransform(frame.viewport)
  if (frame.viewport.scale >= GRID_FROM) {
    if (frame.style.grid !== false) drawGrid(context, frame, transform)
    drawCoverage(context, frame, transform)
  }
  if (frame.hovered) drawHover(context, frame, frame.hovered, transform)
  if (frame.pointed) drawPointed(context, frame, frame.pointed, transform)
  const { draft } = frame
  if (draft.path) drawPath(context, frame, draft.path, transform)
  if (draft.handles) drawHandles(context, frame, draft.handles, transform)
  if (draft.marquee) drawMarquee(context, frame, draft.marquee, transform)
  if (draft.preview) drawMarks(context, frame, draft.preview.marks)
  if (draft.ring) drawRing(context, frame, draft.ring, transform)
}

function visiblePixels(frame: FrameState): Rect {
  const { viewport } = frame
  const visible = visibleRect(viewport)
  return {
    x0: Math.max(0, Math.floor(visible.x0)),
    y0: Math.max(0, Math.floor(visible.y0)),
    x1: Math.min(viewport.imageWidth, Math.ceil(visible.x1)),
    y1: Math.min(viewport.imageHeight, Math.ceil(visible.y1)),
  }
}

function drawGrid(context: CanvasRenderingContext2D, frame: FrameState, { scale, dx, dy }: Transform): void {
  const { x0, y0, x1, y1 } = visiblePixels(frame)
  context.beginPath()
  for (let x = x0; x <= x1; x++) {
    const at = Math.round(x * scale + dx) + 0.5
    context.moveTo(at, y0 * scale + dy)
    context.lineTo(at, y1 * scale + dy)
  }
  for (let y = y0; y <= y1; y++) {
    const at = Math.round(y * scale + dy) + 0.5
    context.moveTo(x0 * scale + dx, at)
    context.lineTo(x1 * scale + dx, at)
  }
  context.lineWidth = 1
  context.strokeStyle = 'rgb(128 128 128 / 35%)'
  context.stroke()
}

/** Marks the pixels that the shape in hand covers, by the rasteriser that exports use. */
function drawCoverage(context: CanvasRenderingContext2D, frame: FrameState, transform: Transform): void {
  const bounds = visiblePixels(frame)
  const { path } = frame.draft
  if (path && !path.open && path.points.length >= 6)
    markPixels(
      context,
      [Float32Array.from(path.points)],
      bounds,
      transform,
      classColour(frame, path.classIndex),
    )
  const records = frame.draft.records.length > 0 ? frame.draft.records : frame.selected
  for (const record of records.slice(0, 20))
    for (const polygon of polygonsOf(record))
      markPixels(context, polygon, bounds, transform, colourOf(frame.style.colours, record))
}

function polygonsOf(record: AnnotationRecord): readonly Polygon[] {
  if (record.kind === 'polygon') return record.polygons
  return record.kind === 'box' ? [[boxRing(record.box)]] : []
}

function markPixels(
  context: CanvasRenderingContext2D,
  polygon: Polygon,
  bounds: Rect,
  { scale, dx, dy }: Transform,
  colour: string,
): void {
  context.beginPath()
  const dot = Math.max(3, scale / 5)
  forEachSpan(polygon, bounds, (row, x0, x1) => {
    for (let x = x0; x < x1; x++)
      context.rect((x + 0.5) * scale + dx - dot / 2, (row + 0.5) * scale + dy - dot / 2, dot, dot)
  })
  context.fillStyle = colour
  context.fill()
}

function classColour(frame: FrameState, index: number): string {
  return frame.style.colours[index] ?? NO_COLOUR
}

function drawHover(
  context: CanvasRenderingContext2D,
  frame: FrameState,
  record: AnnotationRecord,
  transform: Transform,
): void {
  const colour = colourOf(frame.style.colours, record)
  context.beginPath()
  traceOutline(context, record, transform)
  context.lineJoin = 'round'
  doubleStroke(context, contrastOf(colour), colour, frame.viewport.dpr)
}

/** A proposal under the pointer has a wider outline, one in hand a solid one in the accent around it. */
function drawPointed(
  context: CanvasRenderingContext2D,
  frame: FrameState,
  { hover, chosen }: NonNullable<FrameState['pointed']>,
  transform: Transform,
): void {
  const { dpr } = frame.viewport
  for (const record of [hover, chosen]) {
    if (!record || (record === hover && hover === chosen)) continue
    const colour = colourOf(frame.style.colours, record)
    context.beginPath()
    traceOutline(context, record, transform)
    context.lineJoin = 'round'
    if (record === chosen) doubleStroke(context, '#ffffff', frame.accent, 1.6 * dpr)
    else doubleStroke(context, contrastOf(colour), colour, dpr)
  }
}

function doubleStroke(context: CanvasRenderingContext2D, outer: string, inner: string, dpr: number): void {
  context.globalAlpha = 0.6
  context.strokeStyle = outer
  context.lineWidth = 3 * dpr
  context.stroke()
  context.globalAlpha = 1
  context.strokeStyle = inner
  context.lineWidth = 1.5 * dpr
  context.stroke()
}

const REFUSED = '#e5484d'

function drawPath(
  context: CanvasRenderingContext2D,
  frame: FrameState,
  path: DraftPath,
  { scale, dx, dy }: Transform,
): void {
  const { dpr } = frame.viewport
  const colour = path.hole ? '#ffffff' : classColour(frame, path.classIndex)
  const at = (points: readonly number[], i: number) =>
    [points[i]! * scale + dx, points[i + 1]! * scale + dy] as const
  context.beginPath()
  traceRing(context, Float32Array.from(path.points), { scale, dx, dy }, false)
  context.lineJoin = 'round'
  if (path.points.length >= 6 && !path.open) {
    context.globalAlpha = 0.16
    context.fillStyle = colour
    context.fill('evenodd')
    context.globalAlpha = 1
  }
  doubleStroke(context, contrastOf(colour), colour, dpr)
  if (path.live && path.live.length >= 4) drawLive(context, path, colour, { scale, dx, dy }, dpr)
  else if (path.pointer)
    drawRubberBand(context, path, at(path.points, path.points.length - 2), { scale, dx, dy }, dpr)
  const dots = path.anchors ?? path.points
  for (let i = 0; i < dots.length; i += 2) {
    const first = i === 0
    dot(context, ...at(dots, i), (first && path.closes ? 7 : first ? 5 : 3.5) * dpr, '#ffffff', colour, dpr)
  }
}

/** The way that a click would add: drawn as the line itself, with light dashes on it. */
function drawLive(
  context: CanvasRenderingContext2D,
  path: DraftPath,
  colour: string,
  transform: Transform,
  dpr: number,
): void {
  context.beginPath()
  traceRing(context, Float32Array.from(path.live ?? []), transform, false)
  doubleStroke(context, contrastOf(colour), colour, dpr)
  context.setLineDash([4 * dpr, 5 * dpr])
  context.lineWidth = 1.5 * dpr
  context.strokeStyle = path.invalid ? REFUSED : '#ffffff'
  context.stroke()
  context.setLineDash([])
}

function drawRubberBand(
  context: CanvasRenderingContext2D,
  path: DraftPath,
  last: readonly [number, number],
  { scale, dx, dy }: Transform,
  dpr: number,
): void {
  const to = path.closes
    ? [path.points[0]! * scale + dx, path.points[1]! * scale + dy]
    : [path.pointer!.x * scale + dx, path.pointer!.y * scale + dy]
  context.beginPath()
  context.moveTo(...last)
  context.lineTo(to[0]!, to[1]!)
  context.setLineDash([5 * dpr, 4 * dpr])
  context.lineWidth = 1.5 * dpr
  context.strokeStyle = path.invalid ? REFUSED : '#ffffff'
  context.stroke()
  context.setLineDash([])
}

function dot(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  radius: number,
  fill: string,
  line: string,
  dpr: number,
): void {
  context.beginPath()
  context.arc(x, y, radius, 0, 2 * Math.PI)
  context.fillStyle = fill
  context.fill()
  context.lineWidth = 1.5 * dpr
  context.strokeStyle = line
  context.stroke()
}

/** Handles beyond this number are drawn as small squares in one path. */
const FEW_HANDLES = 600

function drawHandles(
  context: CanvasRenderingContext2D,
  frame: FrameState,
  handles: DraftHandles,
  transform: Transform,
): void {
  const { dpr } = frame.viewport
  const { record, selected, hover } = handles
  const colour = colourOf(frame.style.colours, record)
  const view = visibleRect(frame.viewport)
  const spots: [number, number, boolean][] = []
  const chosen = new Set(selected.map((ref) => `${ref.polygon}/${ref.ring}/${ref.vertex}`))
  for (const { polygon, ring, points } of pathsOf(record))
    for (let i = 0; i < points.length; i += 2) {
      const [x, y] = [points[i]!, points[i + 1]!]
      if (x < view.x0 || x > view.x1 || y < view.y0 || y > view.y1) continue
      const isChosen = chosen.size > 0 && chosen.has(`${polygon}/${ring}/${i / 2}`)
      spots.push([x * transform.scale + transform.dx, y * transform.scale + transform.dy, isChosen])
    }
  if (spots.length > FEW_HANDLES) squares(context, spots, colour, dpr)
  else
    for (const [x, y, on] of spots)
      dot(context, x, y, 4 * dpr, on ? frame.accent : '#ffffff', on ? '#ffffff' : colour, dpr)
  if (!hover) return
  const [x, y] = [
    hover.point.x * transform.scale + transform.dx,
    hover.point.y * transform.scale + transform.dy,
  ]
  if (hover.kind === 'vertex') dot(context, x, y, 6 * dpr, '#ffffff', frame.accent, dpr)
  else dot(context, x, y, 4 * dpr, frame.accent, '#ffffff', dpr)
}

function squares(
  context: CanvasRenderingContext2D,
  spots: readonly (readonly [number, number, boolean])[],
  colour: string,
  dpr: number,
): void {
  context.beginPath()
  for (const [x, y] of spots) context.rect(x - 1.5 * dpr, y - 1.5 * dpr, 3 * dpr, 3 * dpr)
  context.fillStyle = '#ffffff'
  context.fill()
  context.lineWidth = dpr
  context.strokeStyle = colour
  context.stroke()
}

function drawMarquee(
  context: CanvasRenderingContext2D,
  frame: FrameState,
  rect: Rect,
  transform: Transform,
): void {
  const { scale, dx, dy } = transform
  const x = Math.round(rect.x0 * scale + dx) + 0.5
  const y = Math.round(rect.y0 * scale + dy) + 0.5
  const [width, height] = [(rect.x1 - rect.x0) * scale, (rect.y1 - rect.y0) * scale]
  context.globalAlpha = 0.12
  context.fillStyle = frame.accent
  context.fillRect(x, y, width, height)
  context.globalAlpha = 1
  context.lineWidth = frame.viewport.dpr
  context.strokeStyle = frame.accent
  context.strokeRect(x, y, width, height)
}

function drawRing(
  context: CanvasRenderingContext2D,
  frame: FrameState,
  ring: BrushRing,
  transform: Transform,
): void {
  const { scale, dx, dy } = transform
  const [x, y] = [ring.at.x * scale + dx, ring.at.y * scale + dy]
  const radius = (ring.size / 2) * scale
  context.beginPath()
  if (ring.shape === 'round') context.arc(x, y, Math.max(1, radius), 0, 2 * Math.PI)
  else context.rect(x - radius, y - radius, 2 * radius, 2 * radius)
  const colour = ring.erases ? '#ffffff' : classColour(frame, ring.classIndex)
  if (ring.erases) context.setLineDash([4 * frame.viewport.dpr, 3 * frame.viewport.dpr])
  doubleStroke(context, ring.erases ? '#101318' : contrastOf(colour), colour, frame.viewport.dpr)
  context.setLineDash([])
  context.beginPath()
  context.arc(x, y, 1 * frame.viewport.dpr, 0, 2 * Math.PI)
  context.fillStyle = colour
  context.fill()
}
