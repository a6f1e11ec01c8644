/**
 * What holds after every change a person makes, by whatever tool, panel, undo or redo: shapes end at the image's
 * border, as the server stores them, and in an exclusive project no two objects share a pixel. In other projects a
 * person may want the same for a while (`EditorState.overlap`); undo and redo then give back what was there.
 */
import { fitted } from '@/core/attributes'
import { clipBox, clipPolygons } from '@/core/clipping'
import type { Diff } from '@/core/diff'
import {
  type AnnotationRecord,
  type Geometry,
  geometryOf,
  NOT_YET_SAVED,
  VOID,
  withFields,
  withGeometry,
} from '@/core/document'
import { clipMask } from '@/core/editing'
import { cutOverlaps } from '@/core/exclusive'
import { sameGeometry } from '@/core/rebase'
import type { Rule, Transaction } from '@/core/store'

import type { ToolContext } from './context'
import type { OverlapRule } from './operations/settings'
import { isLocked, isTouchable } from './visibility'

type RuleContext = Pick<ToolContext, 'index' | 'state' | 'history' | 'width' | 'height' | 'hint'>

export function documentRule(context: RuleContext, isExclusive: () => boolean): Rule {
  return (diff, transaction) => {
    for (const record of otherClass(diff)) dress(context, record, transaction)
    const changed: AnnotationRecord[] = []
    for (const record of reshaped(diff)) {
      const inside = clipToImage(record, context.width, context.height)
      if (!inside) return refuse(context, 'hint.outside')
      if (inside !== record)
        transaction.put(withFields(inside, { attributes: (transaction.get(record.id) ?? record).attributes }))
      changed.push(transaction.get(inside.id) ?? inside)
    }
    const rule = overlapRule(context, isExclusive())
    return rule === 'free' || cut(context, changed, transaction, rule)
  }
}

/** What holds now. Undo and redo in an exclusive project win over what is there, whatever the switch says. */
function overlapRule({ state, history }: RuleContext, exclusive: boolean): OverlapRule {
  const { overlap } = state.get()
  if (history.replaying) return exclusive ? 'over' : 'free'
  return exclusive && overlap === 'free' ? 'over' : overlap
}

/** Cuts the others by the changed objects ('over') or these by the others ('under'). */
function cut(
  context: RuleContext,
  changed: readonly AnnotationRecord[],
  transaction: Transaction,
  rule: 'over' | 'under',
): boolean {
  const state = context.state.get()
  const own = new Set(changed.map((record) => record.id))
  // The index knows the others as they were before this transaction, which may have given them another class.
  const asNow = ({ id }: AnnotationRecord) => (own.has(id) ? [] : (transaction.get(id) ?? []))
  const stays = (record: AnnotationRecord) =>
    rule === 'under' || (state.exclusive ? isLocked(state, record) : !isTouchable(state, record))
  const cuts = cutOverlaps(changed, {
    width: context.width,
    height: context.height,
    near: (rect) => context.index.query(rect).flatMap(asNow),
    isLocked: (id) => {
      const record = transaction.get(id)
      return record !== undefined && stays(record)
    },
  })
  if (!cuts) return refuse(context, rule === 'under' ? 'hint.allTaken' : 'hint.nothingLeft')
  for (const [id, record] of cuts) {
    if (record) transaction.put(record)
    else transaction.remove(id)
  }
  return true
}

/** New objects, and those that were given another class but no other attributes. */
function otherClass(diff: Diff): AnnotationRecord[] {
  const fresh = Object.values(diff.added).filter((record) => record.created === NOT_YET_SAVED)
  const moved = Object.values(diff.updated).filter(
    ([from, to]) => from.classIndex !== to.classIndex && from.attributes === to.attributes,
  )
  return [...fresh, ...moved.map(([, to]) => to)]
}

/** An object has the attributes that its class knows: the server refuses others. */
function dress(context: RuleContext, record: AnnotationRecord, transaction: Transaction): void {
  const label = context.state.get().classes.find((item) => item.index === record.classIndex)
  const schema = record.classIndex === VOID ? [] : label?.attributes
  if (!schema) return
  const attributes = fitted(record.attributes, schema)
  if (attributes !== record.attributes) transaction.put(withFields(record, { attributes }))
}

function refuse(context: RuleContext, key: string): false {
  context.hint({ key, tone: 'warning' })
  return false
}

/** The objects that are new or have got another shape. */
function reshaped(diff: Diff): AnnotationRecord[] {
  const updated = Object.values(diff.updated).filter(([from, to]) => !sameGeometry(from, to))
  return [...Object.values(diff.added), ...updated.map(([, to]) => to)]
}

/** The object within the image, itself when it does not leave it; null when nothing of it lies inside. */
export function clipToImage(
  record: AnnotationRecord,
  width: number,
  height: number,
): AnnotationRecord | null {
  const clipped = clipGeometry(geometryOf(record), width, height)
  if (!clipped) return null
  return sameGeometry(clipped, record) ? record : withGeometry(record, clipped)
}

function clipGeometry(geometry: Geometry, width: number, height: number): Geometry | null {
  switch (geometry.kind) {
    case 'polygon': {
      const polygons = clipPolygons(geometry.polygons, width, height)
      return polygons.length > 0 ? { kind: 'polygon', polygons } : null
    }
    case 'mask': {
      const mask = clipMask(geometry.mask, width, height)
      return mask && { kind: 'mask', mask }
    }
    case 'box': {
      const box = clipBox(geometry.box, width, height)
      return box && { kind: 'box', box }
    }
    case 'polyline':
    case 'point':
      return geometry
  }
}
