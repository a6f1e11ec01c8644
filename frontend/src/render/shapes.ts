/** Paths of shapes on a 2D context, with less detail where it could not be seen. Shared by the worker and the layers. */
import type { AnnotationRecord, Polygon } from '@/core/document'

export type Context2D = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D

/** device = image * scale + (dx, dy). */
export interface Transform {
  readonly scale: number
  readonly dx: number
  readonly dy: number
}

/** A vertex nearer than this to the last one drawn (device pixels, sum of both axes) is left out. */
const DETAIL = 0.75

export function traceRing(
  context: Context2D,
  ring: Float32Array,
  { scale, dx, dy }: Transform,
  closed = true,
): void {
  const n = ring.length
  if (n < 2) return
  let lastX = ring[0]! * scale + dx
  let lastY = ring[1]! * scale + dy
  context.moveTo(lastX, lastY)
  for (let i = 2; i < n; i += 2) {
    const x = ring[i]! * scale + dx
    const y = ring[i + 1]! * scale + dy
    if (Math.abs(x - lastX) + Math.abs(y - lastY) < DETAIL && i < n - 2) continue
    context.lineTo(x, y)
    lastX = x
    lastY = y
  }
  if (closed) context.closePath()
}

export function tracePolygon(context: Context2D, polygon: Polygon, transform: Transform): void {
  for (const ring of polygon) traceRing(context, ring, transform)
}

/** Adds segments [x0, y0, x1, y1, ...] to the path. */
export function traceSegments(
  context: Context2D,
  segments: Float32Array,
  { scale, dx, dy }: Transform,
): void {
  for (let i = 0; i < segments.length; i += 4) {
    context.moveTo(segments[i]! * scale + dx, segments[i + 1]! * scale + dy)
    context.lineTo(segments[i + 2]! * scale + dx, segments[i + 3]! * scale + dy)
  }
}

export function rgbOf(colour: string): readonly [number, number, number] {
  const value = Number.parseInt(colour.slice(1), 16)
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255]
}

/** Black or white, whichever stands out against the colour. */
export function contrastOf(colour: string): string {
  const [r, g, b] = rgbOf(colour)
  return 0.299 * r + 0.587 * g + 0.114 * b > 150 ? '#101318' : '#ffffff'
}

export function colourOf(colours: Readonly<Record<number, string>>, record: AnnotationRecord): string {
  return colours[record.classIndex] ?? '#8a919e'
}
