/** Diffs between two states of the records: what the store emits, what history reverses, what is sent and journaled. */
import type { AnnotationRecord } from './document'

export interface Diff {
  readonly added: Readonly<Record<string, AnnotationRecord>>
  /** [before, after] by id. */
  readonly updated: Readonly<Record<string, readonly [AnnotationRecord, AnnotationRecord]>>
  /** What was there before, by id. */
  readonly removed: Readonly<Record<string, AnnotationRecord>>
}

export const EMPTY_DIFF: Diff = { added: {}, updated: {}, removed: {} }

export function isEmptyDiff(diff: Diff): boolean {
  return isEmpty(diff.added) && isEmpty(diff.updated) && isEmpty(diff.removed)
}

/** The diff that takes it back. */
export function invert(diff: Diff): Diff {
  const updated: Record<string, readonly [AnnotationRecord, AnnotationRecord]> = {}
  for (const [id, [from, to]] of Object.entries(diff.updated)) updated[id] = [to, from]
  return { added: diff.removed, updated, removed: diff.added }
}

/** One diff with the same effect as the given ones in turn; objects that end as they began are left out. */
export function squash(diffs: Iterable<Diff>): Diff {
  const before = new Map<string, AnnotationRecord | null>()
  const after = new Map<string, AnnotationRecord | null>()
  const see = (id: string, from: AnnotationRecord | null, to: AnnotationRecord | null): void => {
    if (!before.has(id)) before.set(id, from)
    after.set(id, to)
  }
  for (const diff of diffs) {
    for (const [id, record] of Object.entries(diff.removed)) see(id, record, null)
    for (const [id, [from, to]] of Object.entries(diff.updated)) see(id, from, to)
    for (const [id, record] of Object.entries(diff.added)) see(id, null, record)
  }
  return diffBetween(before, after)
}

/** The diff from one set of values to another, over the keys of `after`; null stands for "not there". */
export function diffBetween(
  before: ReadonlyMap<string, AnnotationRecord | null>,
  after: ReadonlyMap<string, AnnotationRecord | null>,
): Diff {
  const added: Record<string, AnnotationRecord> = {}
  const updated: Record<string, readonly [AnnotationRecord, AnnotationRecord]> = {}
  const removed: Record<string, AnnotationRecord> = {}
  for (const [id, to] of after) {
    const from = before.get(id) ?? null
    if (from === to) continue
    if (from === null) added[id] = to!
    else if (to === null) removed[id] = from
    else updated[id] = [from, to]
  }
  return { added, updated, removed }
}

/** The ids that a diff touches. */
export function touchedIds(diff: Diff): string[] {
  return [...Object.keys(diff.added), ...Object.keys(diff.updated), ...Object.keys(diff.removed)]
}

function isEmpty(record: object): boolean {
  for (const _ in record) return false
  return true
}
