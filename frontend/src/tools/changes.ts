/** Changes of whole objects that several tools and panels make: one undoable step each. */
import { type AnnotationRecord, geometryOf, withFields, withGeometry } from '@/core/document'
import { translate } from '@/core/editing'
import { type Rect, unionRect } from '@/core/points'
import { bboxOf } from '@/core/shapes'

import { commit, select, selected, type ToolContext } from './context'

export function deleteObjects(context: ToolContext, ids: readonly string[]): boolean {
  if (context.state.get().readOnly || ids.length === 0) return false
  commit(context, 'delete', (transaction) => ids.forEach((id) => transaction.remove(id)))
  select(context, [])
  return true
}

/** Moves objects by an offset that keeps them within the image. */
export function moved(record: AnnotationRecord, dx: number, dy: number): AnnotationRecord {
  return withGeometry(record, translate(geometryOf(record), dx, dy))
}

/** The part of an offset that leaves all objects within the image. */
export function boundedOffset(
  records: readonly AnnotationRecord[],
  offset: { readonly dx: number; readonly dy: number },
  size: { readonly width: number; readonly height: number },
): { readonly dx: number; readonly dy: number } {
  const box = records.reduce<Rect | null>((sum, record) => unionRect(sum, bboxOf(record)), null)
  if (!box) return offset
  const bound = (d: number, low: number, high: number, end: number) =>
    Math.min(Math.max(d, Math.min(0, -low)), Math.max(0, end - high))
  return {
    dx: bound(offset.dx, box.x0, box.x1, size.width),
    dy: bound(offset.dy, box.y0, box.y1, size.height),
  }
}

export function nudge(context: ToolContext, dx: number, dy: number): boolean {
  const records = selected(context)
  if (context.state.get().readOnly || records.length === 0) return false
  const offset = boundedOffset(records, { dx, dy }, context)
  if (offset.dx === 0 && offset.dy === 0) return true
  commit(context, 'move', (transaction) => {
    for (const record of records) transaction.put(moved(record, offset.dx, offset.dy))
  })
  return true
}

export function reclass(context: ToolContext, ids: readonly string[], classIndex: number): void {
  if (context.state.get().readOnly) return
  const changed = ids.filter((id) => (context.store.get(id)?.classIndex ?? classIndex) !== classIndex)
  if (changed.length === 0) return
  commit(context, 'class', (transaction) => {
    for (const id of changed) transaction.update(id, (record) => withFields(record, { classIndex }))
  })
}

/** Arrow keys as an offset of one image pixel, ten with Shift; null for other keys. */
export function arrowOffset(
  key: string,
  shift: boolean,
): { readonly dx: number; readonly dy: number } | null {
  const step = shift ? 10 : 1
  switch (key) {
    case 'ArrowLeft':
      return { dx: -step, dy: 0 }
    case 'ArrowRight':
      return { dx: step, dy: 0 }
    case 'ArrowUp':
      return { dx: 0, dy: -step }
    case 'ArrowDown':
      return { dx: 0, dy: step }
    default:
      return null
  }
}
