/** Putting copied objects into the open image: as one undoable step, within the image, under the document's rules. */
import { adoptClipping, boundsOf, type Clipping, movedBy, onTop } from '@/core/clipboard'
import type { AnnotationRecord } from '@/core/document'
import { isEmptyDiff } from '@/core/diff'
import { boundedOffset } from '@/tools/changes'
import { clipToImage } from '@/tools/rules'

import type { CommandContext } from '../commands/command'
import { newId } from '../session'
import { attributesFor } from './attributes'

export type Where =
  | { readonly kind: 'in-place' }
  | { readonly kind: 'beside' }
  /** The middle of what is pasted comes to this point, as far as the image allows. */
  | { readonly kind: 'at'; readonly x: number; readonly y: number }

export type Pasted =
  | { readonly kind: 'done'; readonly count: number }
  | { readonly kind: 'missing'; readonly names: readonly string[] }
  /** Nothing of it lies within this image, or the document's rules refused it (the person has been told). */
  | { readonly kind: 'nothing' }

/** Screen pixels between an object and its duplicate. */
const BESIDE = 12

export function pasteObjects(
  { session, project }: Pick<CommandContext, 'session' | 'project'>,
  clipping: Clipping,
  { where, label }: { readonly where: Where; readonly label: string },
): Pasted {
  const target = { project: project.id, classes: session.state.get().classes, newId }
  const { records, missing } = adoptClipping(clipping, target)
  if (missing.length > 0) return { kind: 'missing', names: missing }
  const { width, height } = session.given.document
  const fitted = records.map((record) => attributesFor(record, project.classes))
  const inside = moved(session, fitted, where).flatMap((record) => clipToImage(record, width, height) ?? [])
  if (inside.length === 0) return { kind: 'nothing' }
  const placed = onTop(inside, session.store.ordered().at(-1)?.z ?? 0)
  session.history.mark(label)
  const diff = session.store.transact('user', (transaction) => placed.forEach((one) => transaction.put(one)))
  if (isEmptyDiff(diff)) return { kind: 'nothing' }
  session.tools.use('select')
  session.state.set({ selection: new Set(placed.map((record) => record.id)), vertices: [] })
  session.tools.refresh()
  return { kind: 'done', count: placed.length }
}

function moved(
  session: CommandContext['session'],
  records: readonly AnnotationRecord[],
  where: Where,
): readonly AnnotationRecord[] {
  const bounds = boundsOf(records)
  if (where.kind === 'in-place' || !bounds) return records
  const step = Math.max(1, Math.round(BESIDE / session.view.get().viewport.scale))
  const wanted =
    where.kind === 'beside'
      ? { dx: step, dy: step }
      : { dx: where.x - (bounds.x0 + bounds.x1) / 2, dy: where.y - (bounds.y0 + bounds.y1) / 2 }
  const whole = { dx: Math.round(wanted.dx), dy: Math.round(wanted.dy) }
  const kept = boundedOffset(records, whole, session.given.document)
  return movedBy(records, Math.trunc(kept.dx), Math.trunc(kept.dy)) // towards zero: it stays within the image
}
