/** What painted or filled pixels do to the document: one undoable step. */
import { withGeometry } from '@/core/document'

import { commit, select, type ToolContext } from '../context'
import { keepTiles, type StrokeTarget } from './target'

/** Ends the step on the target's tiles and puts the mask into the document. */
export function finishPixels(context: ToolContext, target: StrokeTarget, label: string): void {
  const step = target.tiles.endStep()
  if (!step && !target.isNew) return
  const mask = target.tiles.toMask()
  if (mask.width === 0) {
    if (target.isNew) return
    commit(context, label, (transaction) => transaction.remove(target.record.id))
    select(context, [])
    context.hint({ key: 'hint.erasedAll', tone: 'info' })
    return
  }
  const record = withGeometry(target.record, { kind: 'mask', mask })
  if (!commit(context, label, (transaction) => transaction.put(record))) return
  keepTiles(mask, target.tiles)
  select(context, [record.id])
  if (target.converts) context.hint({ key: 'hint.becameMask', tone: 'info' })
}
