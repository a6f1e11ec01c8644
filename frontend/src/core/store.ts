/**
 * The records of one document, and the only place where they change: in transactions that emit one diff each.
 *
 * Owns identity, order and notification. Knows nothing of undo (`history.ts`), drawing, or the network.
 */
import { diffBetween, isEmptyDiff, type Diff } from './diff'
import { compareOrder, type AnnotationRecord } from './document'

/** Who made a change: the person at this screen (undoable, to be sent) or the server (neither). */
export type ChangeSource = 'user' | 'remote'

export interface ChangeEvent {
  readonly diff: Diff
  readonly source: ChangeSource
}

export type Listener = (event: ChangeEvent) => void

/**
 * What has to hold after a person's transaction: it may change more within it. False: the transaction cannot be, and
 * all of it is taken back.
 */
export type Rule = (diff: Diff, transaction: Transaction) => boolean

/** What may be done inside a transaction; reads see what was already written in it. */
export interface Transaction {
  get(id: string): AnnotationRecord | undefined
  /** Adds the record, or replaces the one with its id. */
  put(record: AnnotationRecord): void
  /** Replaces an existing record. Throws RangeError when there is none. */
  update(id: string, change: (record: AnnotationRecord) => AnnotationRecord): void
  /** Removes the record if it is there. */
  remove(id: string): void
}

export class DocumentStore {
  readonly #records = new Map<string, AnnotationRecord>()
  readonly #listeners = new Set<Listener>()
  readonly #events: ChangeEvent[] = []
  #emitting = false
  #ordered: readonly AnnotationRecord[] | null = null
  #rule: Rule | null = null
  /** Values before the running transaction, by id; null when no transaction runs. */
  #before: Map<string, AnnotationRecord | null> | null = null

  constructor(records: Iterable<AnnotationRecord> = []) {
    for (const record of records) this.#records.set(record.id, record)
  }

  get size(): number {
    return this.#records.size
  }

  get records(): ReadonlyMap<string, AnnotationRecord> {
    return this.#records
  }

  get(id: string): AnnotationRecord | undefined {
    return this.#records.get(id)
  }

  has(id: string): boolean {
    return this.#records.has(id)
  }

  /** All records in drawing order (bottom first); the same array until something changes. */
  ordered(): readonly AnnotationRecord[] {
    this.#ordered ??= [...this.#records.values()].sort(compareOrder)
    return this.#ordered
  }

  /** Puts every later transaction of the person, also undo and redo, under a rule. */
  setRule(rule: Rule | null): void {
    this.#rule = rule
  }

  /** Calls `listener` after every transaction that changed something. Returns the function that ends it. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Runs `change`; emits what it did as one diff. A nested call joins the outer transaction (whose source
   * counts, and which alone returns the diff).
   * If `change` throws, everything it did is taken back and the error goes on; where the rule refuses it, too, and
   * the diff is empty.
   */
  transact(source: ChangeSource, change: (transaction: Transaction) => void): Diff {
    if (this.#before !== null) {
      change(this.#transaction)
      return { added: {}, updated: {}, removed: {} }
    }
    const before = (this.#before = new Map<string, AnnotationRecord | null>())
    try {
      change(this.#transaction)
      if (source === 'user' && !this.#obeys(before)) this.#takeBack(before)
    } catch (error) {
      this.#takeBack(before)
      throw error
    } finally {
      this.#before = null
    }
    const diff = diffBetween(before, this.#valuesOf(before.keys()))
    if (!isEmptyDiff(diff)) this.#emit({ diff, source })
    return diff
  }

  /** Applies a diff's outcome whatever is there now (the last values win). */
  apply(diff: Diff, source: ChangeSource): Diff {
    return this.transact(source, (transaction) => {
      for (const id of Object.keys(diff.removed)) transaction.remove(id)
      for (const [, to] of Object.values(diff.updated)) transaction.put(to)
      for (const record of Object.values(diff.added)) transaction.put(record)
    })
  }

  /** Replaces all records (another revision was opened); emitted as a remote change. */
  load(records: Iterable<AnnotationRecord>): Diff {
    return this.transact('remote', (transaction) => {
      const left = new Set(this.#records.keys())
      for (const record of records) {
        transaction.put(record)
        left.delete(record.id)
      }
      for (const id of left) transaction.remove(id)
    })
  }

  readonly #transaction: Transaction = {
    get: (id) => this.#records.get(id),
    put: (record) => this.#set(record.id, record),
    update: (id, change) => {
      const record = this.#records.get(id)
      if (record === undefined) throw new RangeError(`no object ${id} to update`)
      const next = change(record)
      if (next.id !== id) throw new RangeError(`an update must keep the id ${id}, got ${next.id}`)
      this.#set(id, next)
    },
    remove: (id) => this.#set(id, null),
  }

  #obeys(before: ReadonlyMap<string, AnnotationRecord | null>): boolean {
    if (this.#rule === null) return true
    const diff = diffBetween(before, this.#valuesOf(before.keys()))
    return isEmptyDiff(diff) || this.#rule(diff, this.#transaction)
  }

  #takeBack(before: ReadonlyMap<string, AnnotationRecord | null>): void {
    for (const [id, record] of before) this.#write(id, record)
  }

  #set(id: string, record: AnnotationRecord | null): void {
    if (this.#before === null) throw new Error('the transaction is over')
    if (!this.#before.has(id)) this.#before.set(id, this.#records.get(id) ?? null)
    this.#write(id, record)
  }

  #write(id: string, record: AnnotationRecord | null): void {
    if (record === null) this.#records.delete(id)
    else this.#records.set(id, record)
    this.#ordered = null
  }

  #valuesOf(ids: Iterable<string>): Map<string, AnnotationRecord | null> {
    const values = new Map<string, AnnotationRecord | null>()
    for (const id of ids) values.set(id, this.#records.get(id) ?? null)
    return values
  }

  /** Events reach every listener in the order they happened, also when a listener makes changes of its own. */
  #emit(event: ChangeEvent): void {
    this.#events.push(event)
    if (this.#emitting) return
    this.#emitting = true
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
        for (const listener of [...this.#listeners]) listener(next)
      }
    } finally {
      this.#emitting = false
    }
  }
}
