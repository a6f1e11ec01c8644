/** The ends of lines, where a person can go on drawing. */
import type { AnnotationRecord, RecordOf } from '@/core/document'
import { distance, imagePoint, type ImagePoint } from '@/core/points'

import { reach, type ToolContext, VERTEX_REACH } from '../context'

export interface LineEnd {
  readonly record: RecordOf<'polyline'>
  readonly atStart: boolean
  readonly point: ImagePoint
}

export function isLine(record: AnnotationRecord): record is RecordOf<'polyline'> {
  return record.kind === 'polyline'
}

/** The end nearest to the point, within reach of a vertex. */
export function nearestLineEnd(
  context: ToolContext,
  lines: readonly RecordOf<'polyline'>[],
  at: ImagePoint,
): LineEnd | null {
  const within = reach(context, VERTEX_REACH)
  const ends = lines.flatMap((record): LineEnd[] => {
    const { points } = record
    const first = imagePoint(points[0]!, points[1]!)
    const last = imagePoint(points.at(-2)!, points.at(-1)!)
    return [
      { record, atStart: false, point: last },
      { record, atStart: true, point: first },
    ]
  })
  const near = ends.filter(({ point }) => distance(point, at) <= within)
  near.sort((a, b) => distance(a.point, at) - distance(b.point, at))
  return near[0] ?? null
}
