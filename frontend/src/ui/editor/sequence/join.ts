/**
 * Finding what an object is in another frame: the one of its class and kind that lies nearest.
 * Owns the choice only.
 */
import { type AnnotationRecord, trackOf } from '@/core/document'
import { bboxOf } from '@/core/shapes'

function centre(record: AnnotationRecord): readonly [number, number] {
  const box = bboxOf(record)
  return [(box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2]
}

/** The nearest object that the record may be, whose track none of `taken` has; null when there is none. */
export function nearestTwin(
  record: AnnotationRecord,
  others: readonly AnnotationRecord[],
  taken: ReadonlySet<string>,
): AnnotationRecord | null {
  const [x, y] = centre(record)
  let best: AnnotationRecord | null = null
  let least = Infinity
  for (const other of others) {
    if (other.classIndex !== record.classIndex || other.kind !== record.kind || taken.has(trackOf(other)))
      continue
    const [ox, oy] = centre(other)
    const distance = Math.hypot(ox - x, oy - y)
    if (distance < least) {
      best = other
      least = distance
    }
  }
  return best
}
