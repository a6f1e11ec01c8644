/**
 * What becomes of a mask that an assist proposes: a new object, or more or less of the selected one, as one undoable
 * step. Owns the step only; each assist owns its marks and how it asks.
 */
import {
  type AnnotationRecord,
  type Geometry,
  geometryOf,
  type MaskGeometry,
  newRecord,
  withGeometry,
} from '@/core/document'
import { maskToPolygons, toMask } from '@/core/editing'
import { joinMasks, subtractMasks } from '@/core/maskAlgebra'

import { commit, select, selected, touchable, type ToolContext } from './context'

/** New: an object of the active class. Add, subtract: changes the one selected object. */
export type ProposalUse = 'new' | 'add' | 'subtract'

/** The object with this id gets the proposal as its shape. */
export interface Replacing {
  readonly replace: string
}

/** How modifier keys choose: none a new object, Shift adds to the selected one, Alt takes from it. */
export function useOf(held: { readonly shift: boolean; readonly alt: boolean }): ProposalUse {
  return held.alt ? 'subtract' : held.shift ? 'add' : 'new'
}

/**
 * Puts the proposal into the document.
 *
 * Returns: true when the document changed; false when it could not be, and the person was told why.
 */
export function acceptProposal(
  context: ToolContext,
  mask: MaskGeometry,
  how: { readonly label: string; readonly use: ProposalUse | Replacing },
): boolean {
  if (mask.width === 0) return refuse(context, 'hint.proposalEmpty')
  const { activeClass, proposalKind } = context.state.get()
  if (typeof how.use === 'object') return replace(context, mask, { id: how.use.replace, label: how.label })
  if (how.use === 'new') {
    if (activeClass === null) return refuse(context, 'hint.noClass')
    const fields = { id: context.newId(), classIndex: activeClass }
    return keep(context, newRecord(fields, shapeOf(mask, proposalKind)), how.label)
  }
  const [record, more] = selected(context)
  if (!record || more || record.kind === 'polyline' || record.kind === 'point')
    return refuse(context, 'hint.proposalNeedsOne')
  const own = toMask(geometryOf(record), context.width, context.height)
  const result = how.use === 'add' ? joinMasks(own, mask) : subtractMasks(own, mask)
  if (result.width === 0) {
    if (!commit(context, how.label, (transaction) => transaction.remove(record.id))) return false
    select(context, [])
    context.hint({ key: 'hint.erasedAll', tone: 'info' })
    return true
  }
  const kind = record.kind === 'mask' ? 'mask' : 'polygon'
  return keep(context, withGeometry(record, shapeOf(result, kind)), how.label)
}

function replace(
  context: ToolContext,
  mask: MaskGeometry,
  { id, label }: { readonly id: string; readonly label: string },
): boolean {
  const record = context.store.get(id)
  if (!record || !touchable(context, record)) return refuse(context, 'hint.objectGone')
  const kind = record.kind === 'mask' ? 'mask' : 'polygon'
  return keep(context, withGeometry(record, shapeOf(mask, kind)), label)
}

function shapeOf(mask: MaskGeometry, kind: 'mask' | 'polygon'): Geometry {
  return kind === 'mask' ? { kind, mask } : { kind, polygons: maskToPolygons(mask) }
}

function keep(context: ToolContext, record: AnnotationRecord, label: string): boolean {
  if (!commit(context, label, (transaction) => transaction.put(record))) return false
  select(context, [record.id])
  return true
}

function refuse(context: ToolContext, key: string): false {
  context.hint({ key, tone: 'warning' })
  return false
}
