/**
 * How the outcome of an object operation gets into the document: one undoable step, told why where it cannot be. Class,
 * attributes and order are those of the object that an outcome stands for. Owns no operation.
 */
import {
  type AnnotationRecord,
  geometryOf,
  newRecord,
  type RecordFields,
  withGeometry,
} from '@/core/document'
import { type Area, isArea } from '@/core/operations/area'
import { sameGeometry } from '@/core/rebase'

import { commit, select, selected, type ToolContext } from '../context'

export type AreaRecord = RecordFields & Area

/** What an operation makes of objects: the first outcome of each stays the object, the others are new ones. */
export interface Outcome {
  readonly of: AreaRecord
  /** Empty: the object goes. */
  readonly areas: readonly Area[]
}

/** The selected objects that have pixels and may be changed, in the order of selection. */
export function selectedAreas(context: ToolContext): AreaRecord[] {
  return selected(context).filter((record): record is AreaRecord => isArea(record))
}

/** At least `least` selected areas, all of which may be changed; false when the person was told that there are not. */
export function areasFor(context: ToolContext, least: 1 | 2): AreaRecord[] | false {
  const { readOnly, selection } = context.state.get()
  if (readOnly) return refuse(context, 'hint.readOnly')
  const there = [...selection].flatMap((id) => context.store.get(id) ?? [])
  const areas = selectedAreas(context)
  if (areas.length >= least) return areas
  if (there.filter(isArea).length >= least) return refuse(context, 'hint.opLocked')
  return refuse(
    context,
    there.length >= least ? 'hint.opNotArea' : least === 1 ? 'hint.opNeedsOne' : 'hint.opNeedsTwo',
  )
}

export function areaOf(record: AreaRecord): Area {
  return geometryOf(record) as Area
}

/** Puts outcomes into the document and selects them. False when nothing changed. */
export function put(context: ToolContext, label: string, outcomes: readonly Outcome[]): boolean {
  let changes = false
  const records: AnnotationRecord[] = []
  const removed: string[] = []
  for (const { of, areas } of outcomes) {
    const [first, ...others] = areas
    if (first === undefined) removed.push(of.id)
    else {
      const changed = withGeometry(of, first)
      changes ||= !sameGeometry(changed, of)
      records.push(changed, ...others.map((area) => likeIt(context, of, area)))
    }
    changes ||= areas.length !== 1
  }
  if (!changes) {
    context.hint({ key: 'hint.opNoChange', tone: 'info' })
    return false
  }
  const done = commit(context, label, (transaction) => {
    removed.forEach((id) => transaction.remove(id))
    records.forEach((record) => transaction.put(record))
  })
  if (done)
    select(
      context,
      records.map((record) => record.id),
    )
  return done
}

/** Tells why it cannot be. */
export function refuse(context: ToolContext, key: string): false {
  context.hint({ key, tone: 'warning' })
  return false
}

function likeIt(context: ToolContext, record: AreaRecord, area: Area): AnnotationRecord {
  const { classIndex, z, attributes, isCrowd } = record
  return { ...newRecord({ id: context.newId(), classIndex, z, attributes }, area), isCrowd }
}
