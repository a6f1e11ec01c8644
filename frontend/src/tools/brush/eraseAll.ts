/** Eraser with Ctrl: what was swept over is taken from every object that can be touched there, as one step. */
import { type AnnotationRecord, geometryOf, type MaskGeometry, withGeometry } from '@/core/document'
import { toMask } from '@/core/editing'
import { frameOf, subtractMasks } from '@/core/maskAlgebra'

import { commit, select, touchable, type ToolContext } from '../context'

export function eraseFromAll(context: ToolContext, swept: MaskGeometry): void {
  if (swept.width === 0) return
  const changed = new Map<string, AnnotationRecord | null>()
  for (const record of context.index.query(frameOf(swept))) {
    if (!touchable(context, record) || record.kind === 'polyline' || record.kind === 'point') continue
    const own = toMask(geometryOf(record), context.width, context.height)
    const mask = subtractMasks(own, swept)
    if (sameMask(own, mask)) continue
    changed.set(record.id, mask.width === 0 ? null : withGeometry(record, { kind: 'mask', mask }))
  }
  if (changed.size === 0) return
  commit(context, 'erase', (transaction) => {
    for (const [id, record] of changed)
      if (record) transaction.put(record)
      else transaction.remove(id)
  })
  select(context, [])
}

function sameMask(a: MaskGeometry, b: MaskGeometry): boolean {
  if (a === b) return true
  const same = a.x === b.x && a.y === b.y && a.counts.length === b.counts.length
  return same && a.counts.every((count, k) => count === b.counts[k])
}
