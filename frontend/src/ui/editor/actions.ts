/**
 * Changes that panels and commands make to objects: one undoable step each, refused while the document can only be read.
 * Locked objects stay as they are, which is said.
 */
import { type AnnotationRecord, withFields } from '@/core/document'
import { orderChanges, shifted } from '@/core/stacking'
import { isLocked } from '@/tools/visibility'

import type { EditorSession } from './session'

type Fields = Parameters<typeof withFields>[1]

export function changeObjects(
  session: EditorSession,
  label: string,
  ids: readonly string[],
  change: (record: AnnotationRecord) => Fields,
): void {
  const free = unlocked(session, ids)
  if (free.length === 0) return
  session.history.mark(label)
  session.store.transact('user', (transaction) => {
    for (const id of free)
      if (transaction.get(id)) transaction.update(id, (record) => withFields(record, change(record)))
  })
  session.tools.refresh()
}

export function deleteObjects(session: EditorSession, ids: readonly string[]): void {
  const free = unlocked(session, ids)
  if (free.length === 0) return
  session.history.mark('delete')
  session.store.transact('user', (transaction) => free.forEach((id) => transaction.remove(id)))
  session.tools.refresh()
}

/** Those that may be changed; what is locked among them is told. */
function unlocked(session: EditorSession, ids: readonly string[]): readonly string[] {
  const state = session.state.get()
  if (state.readOnly) return []
  const free = ids.filter((id) => {
    const record = session.store.get(id)
    return record !== undefined && !isLocked(state, record)
  })
  if (free.length < ids.length) session.hint({ key: 'hint.opLocked', tone: 'warning' })
  return free
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
  const chosen = [...session.state.get().selection]
  if (unlocked(session, chosen).length < chosen.length) return
  const ordered = session.store.ordered()
  const changes = orderChanges(shifted(ordered, session.state.get().selection, to))
  const ids = [...changes.keys()]
  if (ids.length > 0)
    changeObjects(session, 'order', ids, (record) => ({ z: changes.get(record.id) ?? record.z }))
}
