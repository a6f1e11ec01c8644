/** The names of classes on their objects: which fit, where they stand, and drawing them. Knows no words of its own. */
import type { AnnotationRecord } from '@/core/document'
import { bboxOf } from '@/core/shapes'
import type { Viewport } from '@/core/viewport'

import { type ClassColours, colourOf, contrastOf } from './shapes'

export interface LabelStyle {
  readonly nameOf: (record: AnnotationRecord) => string
  readonly colours: ClassColours
}

/** An object smaller than this on screen, CSS pixels, has no room for a name. */
const LEAST = 18
/** More names than this are no help. */
const MOST = 300
const HEIGHT = 17
const FONT = '560 11px "Inter Variable", system-ui, sans-serif'

interface Placed {
  readonly record: AnnotationRecord
  readonly x: number
  readonly y: number
  readonly width: number
  readonly text: string
}

/** Where names go, largest objects first; one that would cover another is left out. CSS pixels. */
export function placeLabels(
  records: readonly AnnotationRecord[],
  view: Viewport,
  measure: (text: string) => number,
  nameOf: LabelStyle['nameOf'],
): readonly Placed[] {
  const boxes = records.map((record) => ({ record, box: bboxOf(record) }))
  const size = (k: (typeof boxes)[number]) => (k.box.x1 - k.box.x0) * (k.box.y1 - k.box.y0)
  const largest = boxes
    .filter(
      ({ record, box }) =>
        record.kind === 'point' || (box.x1 - box.x0 + box.y1 - box.y0) * view.scale >= 2 * LEAST,
    )
    .sort((a, b) => size(b) - size(a))
  const placed: Placed[] = []
  for (const { record, box } of largest) {
    if (placed.length >= MOST) break
    const text = nameOf(record)
    const width = measure(text) + 10
    const x = Math.max(2, Math.min(view.width - width - 2, box.x0 * view.scale + view.offsetX))
    const top = box.y0 * view.scale + view.offsetY
    const y = Math.max(2, Math.min(view.height - HEIGHT - 2, top - HEIGHT))
    const covers = placed.some(
      (other) => x < other.x + other.width && other.x < x + width && Math.abs(y - other.y) < HEIGHT,
    )
    if (!covers) placed.push({ record, x, y, width, text })
  }
  return placed
}

export function drawLabels(
  context: CanvasRenderingContext2D,
  view: Viewport,
  records: readonly AnnotationRecord[],
  style: LabelStyle,
): void {
  context.setTransform(view.dpr, 0, 0, view.dpr, 0, 0)
  context.clearRect(0, 0, view.width, view.height)
  context.font = FONT
  context.textBaseline = 'middle'
  const measure = (text: string) => context.measureText(text).width
  for (const { record, x, y, width, text } of placeLabels(records, view, measure, style.nameOf)) {
    const colour = colourOf(style.colours, record)
    context.fillStyle = colour
    context.beginPath()
    context.roundRect(x, y, width, HEIGHT, 4)
    context.fill()
    context.fillStyle = contrastOf(colour)
    context.fillText(text, x + 5, y + HEIGHT / 2 + 0.5)
  }
}
