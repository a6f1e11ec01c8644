/**
 * Pure decisions of the change queue: what goes into a batch, what comes back out of a refused one, who wins.
 * Owns no state, no network and no storage.
 */
import type { WireAnnotation } from '@/core/wire'

import type { Batch, Entry } from './journal'
import {
  type ChangeBody,
  sameContent,
  type ServerDocument,
  type ServerObject,
  type StaleObject,
  type WireObject,
} from './wire'

/** What the editor has to show because of somebody else: objects as they are now, and ids that are gone. */
export interface RemoteChange {
  readonly put: readonly WireAnnotation[]
  readonly delete: readonly string[]
}

/**
 * Two people changed one object. `mine` null: I deleted it. `theirs` null: they deleted it. `copy` is the new id under
 * which my state lives on (null when mine was a deletion, which is dropped).
 */
export interface Conflict {
  readonly id: string
  readonly copy: string | null
  readonly mine: WireObject | null
  readonly theirs: ServerObject | null
}

export interface Resolution {
  readonly entries: ReadonlyMap<string, Entry>
  readonly versions: ReadonlyMap<string, number | null>
  readonly remote: RemoteChange
  readonly conflicts: readonly Conflict[]
}

/** The first `limit` unrefused entries as one change set; null when there is nothing to send. */
export function makeBatch(
  entries: Iterable<Entry>,
  { key, revision, limit }: { key: string; revision: number; limit: number },
): Batch | null {
  const put: (WireObject & { base: number | null })[] = []
  const removed: { id: string; base: number | null }[] = []
  for (const entry of entries) {
    if (entry.problem !== undefined) continue
    if (put.length + removed.length >= limit) break
    if (entry.value) put.push({ ...entry.value, base: entry.base })
    else removed.push({ id: entry.id, base: entry.base })
  }
  if (put.length + removed.length === 0) return null
  return { body: { base_revision: revision, key, put, delete: removed } }
}

export function batchIds(batch: Batch): string[] {
  return [...batch.body.put.map((item) => item.id), ...batch.body.delete.map((item) => item.id)]
}

/** The entries that a batch was made of, for when it has to be taken apart again. */
export function batchEntries(batch: Batch): Entry[] {
  const put = batch.body.put.map(({ base, ...value }, i) => ({ id: value.id, value, base, sequence: i }))
  const start = put.length
  const removed = batch.body.delete.map(({ id, base }, i) => ({ id, value: null, base, sequence: start + i }))
  return [...put, ...removed]
}

/** Entries with a refused batch put back: a newer edit of an object keeps its state and takes the batch's base. */
export function unbatch(batch: Batch, newer: ReadonlyMap<string, Entry>): Map<string, Entry> {
  const all = new Map<string, Entry>()
  for (const entry of batchEntries(batch)) {
    const edit = newer.get(entry.id)
    all.set(entry.id, edit ? { ...edit, base: entry.base } : entry)
  }
  for (const [id, entry] of newer) if (!all.has(id)) all.set(id, entry)
  for (const [id, entry] of all) if (entry.value === null && entry.base === null) all.delete(id)
  return all
}

/** Settles a 409: equal edits collapse, otherwise theirs keeps the id and mine lives on as a copy under a new one. */
export function resolveStale(
  stale: readonly StaleObject[],
  before: ReadonlyMap<string, Entry>,
  newId: () => string,
): Resolution {
  const entries = new Map(before)
  const versions = new Map<string, number | null>()
  const put: WireAnnotation[] = []
  const removed: string[] = []
  const conflicts: Conflict[] = []
  for (const { id, current } of stale) {
    const entry = entries.get(id)
    if (!entry) continue
    entries.delete(id)
    versions.set(id, current?.version ?? null)
    const mine = entry.value
    if (mine === null && current === null) continue
    if (mine !== null && current !== null && sameContent(mine, current)) continue
    const copy = mine === null ? null : { ...mine, id: newId() }
    if (copy) entries.set(copy.id, { id: copy.id, value: copy, base: null, sequence: entry.sequence })
    if (copy) put.push(copy)
    if (current) put.push(current)
    else removed.push(id)
    conflicts.push({ id, copy: copy?.id ?? null, mine, theirs: current })
  }
  return { entries, versions, remote: { put, delete: removed }, conflicts }
}

/** Which objects of a batch a 400 names (`put[3].polygons[0][1]`), each with its message. */
export function refusedObjects(
  errors: readonly { readonly where: string; readonly message: string }[],
  body: ChangeBody,
): Map<string, string> {
  const refused = new Map<string, string>()
  for (const { where, message } of errors) {
    const match = /^(put|delete)\[(\d+)\]/.exec(where)
    if (!match) continue
    const id = body[match[1] as 'put' | 'delete'][Number(match[2])]?.id
    if (id === undefined) continue
    const earlier = refused.get(id)
    refused.set(id, earlier === undefined ? message : `${earlier} ${message}`)
  }
  return refused
}

/** What changed on the server, judged by versions; objects with unsent changes of mine are left alone. */
export function serverChanges(
  document: ServerDocument,
  versions: ReadonlyMap<string, number>,
  mine: (id: string) => boolean,
): { readonly put: ServerObject[]; readonly delete: string[] } {
  const present = new Set(document.annotations.map((object) => object.id))
  return {
    put: document.annotations.filter(
      (object) => versions.get(object.id) !== object.version && !mine(object.id),
    ),
    delete: [...versions.keys()].filter((id) => !present.has(id) && !mine(id)),
  }
}
