/** Filling what no object covers: a region, or all of it, becomes one mask of the active class. */
import { type MaskGeometry, newRecord } from '@/core/document'

import { commit, select, type ToolContext } from '../context'
import { refuse } from './apply'

/** One undoable step. False where it cannot be, and the person was told why. */
export function fillUnlabelled(context: ToolContext, mask: MaskGeometry | null): boolean {
  const { activeClass, readOnly } = context.state.get()
  if (readOnly) return refuse(context, 'hint.readOnly')
  if (activeClass === null) return refuse(context, 'hint.noClass')
  if (mask === null) return refuse(context, 'hint.fillLabelled')
  if (mask.width === 0) return refuse(context, 'hint.fillNothing')
  const record = newRecord({ id: context.newId(), classIndex: activeClass }, { kind: 'mask', mask })
  if (!commit(context, 'fill', (transaction) => transaction.put(record))) return false
  select(context, [record.id])
  return true
}
