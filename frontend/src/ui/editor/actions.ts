/** Changes that panels make to objects: one undoable step each, refused while the document can only be read. */
import { type AnnotationRecord, withFields } from '@/core/document'
import { orderChanges, shifted } from '@/core/stacking'

import type { EditorSession } from './session'

type Fields = Parameters<typeof withFields>[1]

export function changeObjects(
  session: EditorSession,
  label: string,
  ids: readonly string[],
  change: (record: AnnotationRecord) => Fields,
): void {
  if (session.state.get().readOnly) return
  session.history.mark(label)
  session.store.transact('user', (transaction) => {
    for (const id of ids)
      if (transaction.get(id)) transaction.update(id, (record) => withFields(record, change(record)))
  })
  session.tools.refresh()
}

export function deleteObjects(session: EditorSession, ids: readonly string[]): void {
  if (session.state.get().readOnly) return
  session.history.mark('delete')
  session.store.transact('user', (transaction) => ids.forEach((id) => transaction.remove(id)))
  session.tools.refresh()
}

/** Puts objects above (or below) all others: their z becomes one more (or less) than the others' largest (smallest). */
export function reorder(session: EditorSession, ids: readonly string[], to: 'front' | 'back'): void {
  const chosen = new Set(ids)
  const others = session.store.ordered().filter((record) => !chosen.has(record.id))
  if (others.length === 0) return
  const z = to === 'front' ? (others.at(-1)?.z ?? 0) + 1 : (others[0]?.z ?? 0) - 1
  changeObjects(session, 'order', ids, () => ({ z }))
}

/** The selected objects one place up or down, past the next object that they share room with. */
export function shiftOrder(session: EditorSession, to: 'up' | 'down'): void {
  const ordered = session.store.ordered()
  const changes = orderChanges(shifted(ordered, session.state.get().selection, to))
  const ids = [...changes.keys()]
  if (ids.length > 0)
    changeObjects(session, 'order', ids, (record) => ({ z: changes.get(record.id) ?? record.z }))
}
