/**
 * The journal: unsent changes in IndexedDB, so that a closed tab, a crash or a lost network loses nothing.
 *
 * A *session* is one editor tab on one document. It owns its entries (the latest state of each object it changed) and
 * at most one *batch*: the change set that was last handed to the network, kept with its idempotency key until the
 * server has answered. Owns storage only; what is sent when is decided in queue.ts.
 */
import { type DBSchema, type IDBPDatabase, openDB } from 'idb'

import type { ChangeBody, WireObject } from './wire'

export interface SessionRecord {
  readonly id: string
  readonly document: string
  readonly image: string
  readonly user: string
  readonly created: number
}

/** The latest unsent state of one object; `value` null = deleted. `base` = the server's version it was drawn on. */
export interface Entry {
  readonly id: string
  readonly value: WireObject | null
  readonly base: number | null
  readonly sequence: number
  /** Why the server refused it; such an entry is kept, shown, and sent again only after an edit. */
  readonly problem?: string
}

export interface Batch {
  readonly body: ChangeBody
}

interface Schema extends DBSchema {
  sessions: { key: string; value: SessionRecord }
  entries: { key: [string, string]; value: Entry & { session: string }; indexes: { session: string } }
  batches: { key: string; value: Batch & { session: string } }
}

/** Whether unsent changes outlive the tab; `none`: the browser keeps no journal; `full`: there was no room for them. */
export type Keeping = 'kept' | 'none' | 'full' | 'failed'

/** What a failed write means. */
export function failureOf(error: unknown): Keeping {
  return error instanceof DOMException && error.name === 'QuotaExceededError' ? 'full' : 'failed'
}

/** A step has reached the disk when it is done: browsers leave it in memory for some seconds otherwise. */
const ON_DISK = { durability: 'strict' } as const

/** One atomic step of a session's journal. `batch`: set, cleared (null) or left alone (undefined). */
export interface JournalStep {
  readonly put?: readonly Entry[]
  readonly remove?: readonly string[]
  readonly batch?: Batch | null
}

export interface SessionContent {
  readonly entries: readonly Entry[]
  readonly batch: Batch | null
}

export class Journal {
  private constructor(private readonly database: IDBPDatabase<Schema>) {}

  /** Opens (and on the first visit creates) the journal. Rejects where the browser forbids IndexedDB. */
  static async open(name = 'contorno'): Promise<Journal> {
    const database = await openDB<Schema>(name, 1, {
      upgrade(fresh) {
        fresh.createObjectStore('sessions', { keyPath: 'id' })
        fresh.createObjectStore('entries', { keyPath: ['session', 'id'] }).createIndex('session', 'session')
        fresh.createObjectStore('batches', { keyPath: 'session' })
      },
    })
    return new Journal(database)
  }

  close(): void {
    this.database.close()
  }

  async addSession(record: SessionRecord): Promise<void> {
    await this.database.put('sessions', record)
  }

  /** The sessions of one person, newest first. */
  async sessions(user: string): Promise<SessionRecord[]> {
    const all = await this.database.getAll('sessions')
    return all.filter((record) => record.user === user).sort((a, b) => b.created - a.created)
  }

  async load(session: string): Promise<SessionContent> {
    const step = this.database.transaction(['entries', 'batches'])
    const rows = await step.objectStore('entries').index('session').getAll(session)
    const batch = await step.objectStore('batches').get(session)
    await step.done
    const entries = rows.map(({ session: _owner, ...entry }) => entry)
    return {
      entries: entries.sort((a, b) => a.sequence - b.sequence),
      batch: batch ? { body: batch.body } : null,
    }
  }

  /** Writes one step in one transaction. Steps are applied in the order of the calls, awaited or not. */
  async write(session: string, step: JournalStep): Promise<void> {
    const transaction = this.database.transaction(['entries', 'batches'], 'readwrite', ON_DISK)
    const entries = transaction.objectStore('entries')
    const work: Promise<unknown>[] = []
    for (const id of step.remove ?? []) work.push(entries.delete([session, id]))
    for (const entry of step.put ?? []) work.push(entries.put({ ...entry, session }))
    if (step.batch === null) work.push(transaction.objectStore('batches').delete(session))
    else if (step.batch) work.push(transaction.objectStore('batches').put({ ...step.batch, session }))
    transaction.commit() // the browser ends it also when the page is gone a moment later
    await Promise.all([...work, transaction.done])
  }

  /** Writes all that a session holds, whatever the journal had of it: after a step that could not be written. */
  async replace(record: SessionRecord, { entries, batch }: SessionContent): Promise<void> {
    const session = record.id
    const transaction = this.database.transaction(['sessions', 'entries', 'batches'], 'readwrite', ON_DISK)
    const store = transaction.objectStore('entries')
    const kept = new Set(entries.map((entry) => entry.id))
    const old = await store.index('session').getAllKeys(session)
    const batches = transaction.objectStore('batches')
    await Promise.all([
      transaction.objectStore('sessions').put(record),
      ...old.filter(([, id]) => !kept.has(id)).map((key) => store.delete(key)),
      ...entries.map((entry) => store.put({ ...entry, session })),
      batch ? batches.put({ ...batch, session }) : batches.delete(session),
      transaction.done,
    ])
  }

  /** Forgets a session and whatever it still holds. */
  async drop(session: string): Promise<void> {
    const transaction = this.database.transaction(['sessions', 'entries', 'batches'], 'readwrite')
    const entries = transaction.objectStore('entries')
    const keys = await entries.index('session').getAllKeys(session)
    await Promise.all([
      ...keys.map((key) => entries.delete(key)),
      transaction.objectStore('batches').delete(session),
      transaction.objectStore('sessions').delete(session),
      transaction.done,
    ])
  }
}
