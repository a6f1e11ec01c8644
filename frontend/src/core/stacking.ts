/** Moving objects one place in the drawing order. Owns the order only; who is drawn where else stays as it was. */
import { type AnnotationRecord, compareOrder } from './document'
import { intersectRect } from './points'
import { bboxOf } from './shapes'

/**
 * The order (bottom first) in which each chosen object has passed the next other one that it shares room with; past
 * others that it does not touch too, since that shows nowhere. Objects that nothing lies above (or below) stay.
 */
export function shifted(
  ordered: readonly AnnotationRecord[],
  chosen: ReadonlySet<string>,
  to: 'up' | 'down',
): readonly AnnotationRecord[] {
  const list = to === 'up' ? [...ordered] : [...ordered].reverse()
  for (let at = list.length - 1; at >= 0; at--) {
    const record = list[at]!
    if (!chosen.has(record.id)) continue
    const box = bboxOf(record)
    const next = list.findIndex(
      (other, k) => k > at && !chosen.has(other.id) && intersectRect(bboxOf(other), box) !== null,
    )
    if (next < 0) continue
    list.splice(at, 1)
    list.splice(next, 0, record)
  }
  return to === 'up' ? list : list.reverse()
}

/** The new z of the objects that need one, so that sorting gives this order; as few as go from the bottom up. */
export function orderChanges(wanted: readonly AnnotationRecord[]): ReadonlyMap<string, number> {
  const changes = new Map<string, number>()
  let below: AnnotationRecord | null = null
  for (const record of wanted) {
    let z = record.z
    if (below && compareOrder(below, { ...record, z }) > 0) {
      const same = { ...record, z: below.z }
      z = compareOrder(below, same) < 0 ? below.z : below.z + 1
    }
    if (z !== record.z) changes.set(record.id, z)
    below = { ...record, z }
  }
  return changes
}
