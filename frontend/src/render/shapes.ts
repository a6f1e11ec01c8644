/** Paths of shapes on a 2D context, with less detail where it could not be seen. Shared by the worker and the layers. */
import { type AnnotationRecord, type Polygon, VOID } from '@/core/document'
import { objectColour } from '@/core/palette'

import type { SceneStyle } from './protocol'

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

/** Side of the hatch's square in device pixels; it divides a tile, so that hatches meet at the tiles' borders. */
const HATCH = 8

/** Whether a device pixel of the tile grid lies on a stroke of the hatch that marks void objects. */
export function onHatch(x: number, y: number): boolean {
  return ((x + y) & (HATCH - 1)) < HATCH / 2
}

let hatch: OffscreenCanvas | null = null

/** Diagonal strokes in a colour, as a fill. */
export function hatched(context: Context2D, colour: string): CanvasPattern | string {
  hatch ??= new OffscreenCanvas(HATCH, HATCH)
  const ink = hatch.getContext('2d')
  if (!ink) return colour
  ink.clearRect(0, 0, HATCH, HATCH)
  ink.fillStyle = colour
  for (let y = 0; y < HATCH; y++) for (let x = 0; x < HATCH; x++) if (onHatch(x, y)) ink.fillRect(x, y, 1, 1)
  return context.createPattern(hatch, 'repeat') ?? colour
}

export function isVoid({ classIndex }: Pick<AnnotationRecord, 'classIndex'>): boolean {
  return classIndex === VOID
}

/** Void objects have no colour of their own: grey, whatever the palette. */
export const NO_COLOUR = '#8a919e'

/** '#rrggbb' by class index. */
export interface ClassColours {
  readonly [index: number]: string
  /** Each object has a colour of its own, by its id. */
  readonly byObject?: true
}

type Named = Pick<AnnotationRecord, 'id' | 'classIndex'>

export function colourOf(colours: ClassColours, { id, classIndex }: Named): string {
  if (colours.byObject && classIndex !== VOID) return objectColour(id)
  return colours[classIndex] ?? NO_COLOUR
}

/** Whether an object is shown at all; the sets are made once for a style. */
export function isVisible(style: SceneStyle, record: Named): boolean {
  let test = tests.get(style)
  if (!test) tests.set(style, (test = visibilityTest(style)))
  return test(record)
}

const tests = new WeakMap<SceneStyle, (record: Named) => boolean>()

function visibilityTest({ only, hiddenObjects, hiddenClasses }: SceneStyle): (record: Named) => boolean {
  const objects = new Set(only ? only.objects : hiddenObjects)
  const classes = new Set(only ? only.classes : hiddenClasses)
  const named = (record: Named) => objects.has(record.id) || classes.has(record.classIndex)
  return only ? named : (record) => !named(record)
}

/** Lengths of strokes and gaps, in outline widths, by class: solid, dashed, dotted, and the two mixed. */
const DASHES: readonly (readonly number[])[] = [[], [6, 4], [1.5, 3], [8, 3, 1.5, 3]]

export function dashOf(classIndex: number, lineWidth: number): number[] {
  return DASHES[(classIndex - 1) % DASHES.length]?.map((length) => length * lineWidth) ?? []
}

/** The same for the edge of a mask, where a device pixel of the tile grid either shows it or not. */
export function onDash(classIndex: number, x: number, y: number): boolean {
  const place = (x + y) & 15
  switch ((classIndex - 1) & 3) {
    case 1:
      return place < 9
    case 2:
      return (place & 3) < 2
    case 3:
      return place < 8 || (place >= 11 && place < 13)
    default:
      return true
  }
}
