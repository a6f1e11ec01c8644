/** All objects of an image on a map of thumbnail size. Shapes while there are few, boxes when there are many. */
import type { AnnotationRecord } from '@/core/document'
import type { MapSize } from '@/core/minimap'
import { bboxOf } from '@/core/shapes'

import { traceOutline } from './layers'
import { type ClassColours, colourOf } from './shapes'

/** More objects than this are drawn as boxes: at this size nobody could tell. */
const MANY = 600

export interface OverviewStyle {
  readonly size: MapSize
  readonly dpr: number
  readonly colours: ClassColours
}

export function drawOverview(
  context: CanvasRenderingContext2D,
  records: readonly AnnotationRecord[],
  { size, dpr, colours }: OverviewStyle,
): void {
  context.canvas.width = Math.round(size.width * dpr)
  context.canvas.height = Math.round(size.height * dpr)
  const transform = { scale: size.scale * dpr, dx: 0, dy: 0 }
  context.globalAlpha = 0.75
  context.lineWidth = dpr
  for (const record of records) {
    const colour = colourOf(colours, record)
    const box = bboxOf(record)
    const wide = Math.max(1.5 * dpr, (box.x1 - box.x0) * transform.scale)
    const high = Math.max(1.5 * dpr, (box.y1 - box.y0) * transform.scale)
    context.fillStyle = context.strokeStyle = colour
    if (records.length > MANY || wide + high < 8 * dpr) {
      context.fillRect(box.x0 * transform.scale, box.y0 * transform.scale, wide, high)
      continue
    }
    context.beginPath()
    traceOutline(context, record, transform)
    if (record.kind === 'polygon') context.fill('evenodd')
    else context.stroke()
  }
}
