/**
 * The change queue of one document in one tab: journal first, then the network, until the server has answered.
 *
 * Owns the order of things (one request in flight, the same key until it is answered, back-off, what a refusal means)
 * and the save state on screen. Storage is journal.ts, decisions about data are merge.ts, HTTP is a transport given
 * from outside, as are clock, randomness and locks, so that tests run the real queue.
 */
import { ApiProblem, NetworkFailure } from './client'
import { Keeper } from './keeper'
import type { Journal } from './journal'
import { type Batch, type Entry, type JournalStep, type Keeping, type SessionRecord } from './journal'
import {
  batchEntries,
  batchIds,
  type Conflict,
  makeBatch,
  refusedObjects,
  type RemoteChange,
  resolveStale,
  serverChanges,
  unbatch,
} from './merge'
import type { ChangeAnswer, ChangeBody, ServerDocument, StaleObject, WireObject } from './wire'

/** Why nothing can be sent until a person does something. */
export type Blocked = 'signed-out' | 'image-closed' | 'forbidden' | 'gone'

export interface SaveState {
  readonly kind: 'saved' | 'saving' | 'offline' | 'blocked'
  /** Objects whose last change the server has not confirmed. */
  readonly pending: number
  readonly blocked: Blocked | null
  /** Objects that the server refused, with its reason. They are kept here. */
  readonly problems: ReadonlyMap<string, string>
  /** The server has no room: changes wait until somebody there makes some. */
  readonly serverFull: boolean
  /** Unless `kept`, closing the tab would lose unsent changes. */
  readonly journal: Keeping
}

export interface Transport {
  send(document: string, body: ChangeBody, options: { keepalive: boolean }): Promise<ChangeAnswer>
  fetch(document: string): Promise<ServerDocument>
  /** The newest revision of the image's document: a cheap question. */
  head(image: string, document: string): Promise<number>
}

export interface Clock {
  after(milliseconds: number, run: () => void): () => void
}

export type LockRunner = <T>(name: string, run: () => Promise<T>) => Promise<T>

export interface QueueOptions {
  readonly record: SessionRecord
  readonly keeping: Keeping
  readonly journal: Journal | null
  readonly transport: Transport
  readonly clock: Clock
  readonly random: () => number
  readonly newId: () => string
  readonly lock: LockRunner
  readonly onRemote: (change: RemoteChange) => void
  readonly onConflict: (conflicts: readonly Conflict[]) => void
  /** Whether a person is changing the object at this moment: others' changes of it wait, so that none gets lost. */
  readonly inHand?: (id: string) => boolean
}

/** A pause after the last edit before sending, so that a burst of edits is one request. */
const CALM_MS = 250
const FIRST_RETRY_MS = 1000
const LAST_RETRY_MS = 30_000
/** Objects in one request; halved when the server finds a request too large or cannot say what is wrong with it. */
const BATCH_LIMIT = 500
/** Browsers refuse keepalive bodies over 64 KiB; the rest waits in the journal for the next visit. */
const KEEPALIVE_BYTES = 60_000

export class ChangeQueue {
  private entries = new Map<string, Entry>()
  private batch: Batch | null = null
  private versions = new Map<string, number>()
  private revision = 0
  private sequence = 0
  private attempts = 0
  private limit = BATCH_LIMIT
  private offline = false
  private serverFull = false
  /** A replayed batch turned out older than the document on screen: the next refresh must not trust `revision`. */
  private overtaken = false
  private blocked: Blocked | null = null
  private readonly keeper: Keeper
  private running: Promise<void> | null = null
  private stopTimer: (() => void) | null = null
  private disposed = false
  private readonly listeners = new Set<() => void>()
  private snapshot: SaveState

  constructor(private readonly options: QueueOptions) {
    this.keeper = new Keeper(options, {
      content: () => ({ entries: [...this.entries.values()], batch: this.batch }),
      onChange: () => this.announce(),
    })
    this.snapshot = this.describe()
  }

  /** Takes over what an earlier visit left in this session's journal. */
  async recover(): Promise<void> {
    if (!this.options.journal) return
    const { entries, batch } = await this.options.journal.load(this.options.record.id)
    this.entries = new Map(entries.map((entry) => [entry.id, entry]))
    this.batch = batch
    this.sequence = entries.reduce((last, entry) => Math.max(last, entry.sequence), 0)
    this.announce()
  }

  /** Starts from a document as the server answered it; returns my unsent states to be laid over it. */
  begin(document: ServerDocument): RemoteChange {
    this.revision = document.revision
    this.versions = new Map(document.annotations.map((object) => [object.id, object.version]))
    const unsent = [...(this.batch ? batchEntries(this.batch) : []), ...this.entries.values()]
    const last = new Map(unsent.map((entry) => [entry.id, entry.value]))
    return {
      put: [...last.values()].filter((value) => value !== null),
      delete: [...last].filter(([, value]) => value === null).map(([id]) => id),
    }
  }

  get state(): SaveState {
    return this.snapshot
  }

  get currentRevision(): number {
    return this.revision
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Records what a person changed (null = deleted): into the journal now, to the server soon. */
  record(changes: readonly { readonly id: string; readonly value: WireObject | null }[]): void {
    if (changes.length === 0) return
    const put: Entry[] = []
    const remove: string[] = []
    const sending = new Set(this.batch ? batchIds(this.batch) : [])
    for (const { id, value } of changes) {
      const earlier = this.entries.get(id)
      const base = earlier ? earlier.base : (this.versions.get(id) ?? null)
      if (value === null && base === null && !sending.has(id)) {
        this.entries.delete(id)
        remove.push(id)
        continue
      }
      const entry = { id, value, base, sequence: ++this.sequence }
      this.entries.set(id, entry)
      put.push(entry)
    }
    this.write({ put, remove })
    this.schedule(CALM_MS)
    this.announce()
  }

  /** Offers refused objects again: what was in their way may be gone. */
  retryRefused(): void {
    const refused = [...this.entries.values()].filter((entry) => entry.problem !== undefined)
    if (refused.length === 0) return
    const put = refused.map(({ id, value, base, sequence }) => ({ id, value, base, sequence }))
    for (const entry of put) this.entries.set(entry.id, entry)
    this.write({ put })
    this.schedule(CALM_MS)
    this.announce()
  }

  /** Sends without waiting for calm or for the back-off to end; resolves when nothing more can be sent now. */
  async flush(): Promise<void> {
    this.stopTimer?.()
    this.stopTimer = null
    await this.keeper.written
    if (this.blocked || this.disposed) return
    this.running ??= this.drain().finally(() => {
      this.running = null
      this.announce()
    })
    await this.running
  }

  /** A person signed in again, reopened the image, or the network is back. */
  resume(): void {
    this.blocked = null
    this.attempts = 0
    this.announce()
    void this.flush()
  }

  /** The page goes away: one last request that may outlive it. What it does not carry stays in the journal. */
  leave(): void {
    if (this.blocked || this.running) return
    const batch = this.batch ?? this.nextBatch()
    if (!batch || JSON.stringify(batch.body).length > KEEPALIVE_BYTES) return
    this.adopt(batch)
    void this.options.transport
      .send(this.options.record.document, batch.body, { keepalive: true })
      .catch(() => undefined)
  }

  /**
   * Merges what others changed meanwhile. Cheap when nothing did.
   * `head`: the newest revision, when something else has just told it.
   */
  async poll(head: number | null = null): Promise<void> {
    if (this.running || this.blocked || this.disposed) return
    const { transport, record } = this.options
    try {
      const known = head ?? (await transport.head(record.image, record.document))
      const newer = this.overtaken || known > this.revision
      if (newer) await this.refresh()
    } catch (error) {
      if (!(error instanceof NetworkFailure)) this.noteBlock(error)
    }
  }

  /**
   * Another request of mine made a revision (a restore): takes its answer as a change of my own that is saved already.
   * Returns what changed since the revision I had, to be shown; null when the queue has moved on meanwhile.
   */
  takeOver(answer: ChangeAnswer, base: number): RemoteChange | null {
    if (this.revision !== base || this.running || !this.isEmpty()) return null
    this.revision = answer.revision
    for (const object of answer.others.put) this.versions.set(object.id, object.version)
    for (const id of answer.others.delete) this.versions.delete(id)
    this.announce()
    return { put: answer.others.put, delete: answer.others.delete }
  }

  async refresh(): Promise<void> {
    const before = this.revision
    const fresh = await this.options.transport.fetch(this.options.record.document)
    if (this.running || this.revision !== before) return
    if (fresh.revision <= before && !this.overtaken) return
    this.overtaken = false
    const changes = serverChanges(fresh, this.versions, (id) => this.isMine(id))
    for (const object of changes.put) this.versions.set(object.id, object.version)
    for (const id of changes.delete) this.versions.delete(id)
    this.revision = fresh.revision
    this.tell(changes)
  }

  /** Stops timers and waits for the journal; unsent changes stay there. */
  async dispose(): Promise<void> {
    this.disposed = true
    this.stopTimer?.()
    this.listeners.clear()
    await this.keeper.written
  }

  isEmpty(): boolean {
    return this.batch === null && this.entries.size === 0
  }

  private isMine(id: string): boolean {
    if (this.options.inHand?.(id)) return true
    return this.entries.has(id) || (this.batch !== null && batchIds(this.batch).includes(id))
  }

  private write(step: JournalStep): void {
    this.keeper.write(step)
  }

  /** Where the journal could not be written, tries again: there may be room now. */
  mendJournal(): void {
    this.keeper.mend()
  }

  private schedule(milliseconds: number): void {
    if (this.disposed || this.blocked) return
    if (this.offline && this.stopTimer) return
    this.stopTimer?.()
    this.stopTimer = this.options.clock.after(milliseconds, () => void this.flush())
  }

  private nextBatch(): Batch | null {
    const ordered = [...this.entries.values()].sort((a, b) => a.sequence - b.sequence)
    return makeBatch(ordered, { key: this.options.newId(), revision: this.revision, limit: this.limit })
  }

  /** Moves a batch's entries out of the way, in memory and in the journal at once. */
  private adopt(batch: Batch): void {
    if (this.batch === batch) return
    const ids = batchIds(batch)
    for (const id of ids) this.entries.delete(id)
    this.batch = batch
    this.write({ remove: ids, batch })
  }

  private async drain(): Promise<void> {
    for (;;) {
      const sent = await this.options.lock(`contorno-document-${this.options.record.document}`, () =>
        this.sendOne(),
      )
      if (!sent || this.disposed) return
    }
  }

  /** Sends one batch; true when it is worth trying to send another at once. */
  private async sendOne(): Promise<boolean> {
    const batch = this.batch ?? this.nextBatch()
    if (!batch) return false
    this.adopt(batch)
    await this.keeper.written
    this.announce()
    try {
      const answer = await this.options.transport.send(this.options.record.document, batch.body, {
        keepalive: false,
      })
      this.accept(batch, answer)
      return true
    } catch (error) {
      return this.refuse(batch, error)
    }
  }

  private accept(batch: Batch, answer: ChangeAnswer): void {
    this.attempts = 0
    this.offline = false
    this.limit = BATCH_LIMIT
    const rebased: Entry[] = []
    for (const id of batchIds(batch)) {
      const version = answer.versions[id]
      const known = this.versions.get(id)
      if (version !== undefined && known !== undefined && known > version) this.overtaken = true
      if (version === undefined) this.versions.delete(id)
      else this.versions.set(id, version)
      const edit = this.entries.get(id)
      if (!edit) continue
      if (edit.value === null && version === undefined) this.entries.delete(id)
      else rebased.push({ ...edit, base: version ?? null })
    }
    for (const entry of rebased) this.entries.set(entry.id, entry)
    this.batch = null
    const gone = batchIds(batch).filter((id) => !this.entries.has(id))
    this.write({ put: rebased, remove: gone, batch: null })
    if (answer.revision < this.revision) this.overtaken = true
    else this.mergeOthers(answer)
    this.announce()
    if (this.overtaken) void this.catchUp()
  }

  private mergeOthers(answer: ChangeAnswer): void {
    this.revision = answer.revision
    const put = answer.others.put.filter((object) => !this.isMine(object.id))
    const removed = answer.others.delete.filter((id) => !this.isMine(id))
    for (const object of put) this.versions.set(object.id, object.version)
    for (const id of removed) this.versions.delete(id)
    this.tell({ put, delete: removed })
  }

  /** A replayed batch was older than the document on screen: show what the server has. */
  private async catchUp(): Promise<void> {
    await this.running
    await this.refresh().catch(() => undefined)
  }

  private refuse(batch: Batch, error: unknown): boolean {
    if (error instanceof ApiProblem) {
      if (error.type === 'stale-objects') return this.settleConflicts(batch, error)
      if (error.type === 'key-reused') return this.putBack(batch)
      if (error.status === 413 || error.status === 400) return this.setAside(batch, error)
      if (this.noteBlock(error)) return false
    }
    this.offline = true
    this.serverFull = error instanceof ApiProblem && error.type === 'storage-full'
    const delay = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.attempts++)
    this.stopTimer?.()
    this.stopTimer = null
    this.schedule(delay * (0.5 + this.options.random() / 2))
    this.announce()
    return false
  }

  /** Whether an answer means that a person has to act first. */
  private noteBlock(error: unknown): boolean {
    if (!(error instanceof ApiProblem)) return false
    if (error.status === 401) this.blocked = 'signed-out'
    else if (error.type === 'image-closed') this.blocked = 'image-closed'
    else if (error.status === 403) this.blocked = 'forbidden'
    else if (error.status === 404) this.blocked = 'gone'
    else return false
    this.announce()
    return true
  }

  private putBack(batch: Batch): boolean {
    this.entries = unbatch(batch, this.entries)
    this.batch = null
    this.rewrite(batchIds(batch))
    return true
  }

  private settleConflicts(batch: Batch, error: ApiProblem): boolean {
    const stale = (error.extra.conflicts ?? []) as readonly StaleObject[]
    const merged = resolveStale(stale, unbatch(batch, this.entries), this.options.newId)
    const touched = batchIds(batch)
    this.entries = new Map(merged.entries)
    this.batch = null
    for (const [id, version] of merged.versions) {
      if (version === null) this.versions.delete(id)
      else this.versions.set(id, version)
    }
    this.rewrite([...touched, ...stale.map((item) => item.id)])
    this.tell(merged.remote)
    if (merged.conflicts.length > 0) this.options.onConflict(merged.conflicts)
    if (stale.length > 0) return true
    return this.retreat()
  }

  /** A 409 that names nothing is a server we do not understand: wait as for a lost network. */
  private retreat(): boolean {
    this.offline = true
    this.schedule(LAST_RETRY_MS)
    return false
  }

  /** Keeps refused objects out of the way of the rest; halves the batch when the server did not say which they are. */
  private setAside(batch: Batch, error: ApiProblem): boolean {
    const refused = refusedObjects(error.errors, batch.body)
    const ids = batchIds(batch)
    const alone = ids[0]
    if (refused.size === 0 && ids.length === 1 && alone !== undefined) refused.set(alone, error.message)
    if (refused.size === 0) this.limit = Math.max(1, Math.ceil(ids.length / 2))
    const edited = new Set(this.entries.keys())
    this.entries = unbatch(batch, this.entries)
    for (const [id, problem] of refused) {
      const entry = this.entries.get(id)
      if (entry && !edited.has(id)) this.entries.set(id, { ...entry, problem })
    }
    this.batch = null
    this.rewrite(ids)
    return true
  }

  /** Brings the journal in line after a batch was taken apart. */
  private rewrite(touched: readonly string[]): void {
    const put = [...this.entries.values()]
    const remove = touched.filter((id) => !this.entries.has(id))
    this.write({ put, remove, batch: null })
    this.announce()
  }

  private tell(change: RemoteChange): void {
    if (change.put.length + change.delete.length > 0) this.options.onRemote(change)
  }

  private describe(): SaveState {
    const problems = new Map<string, string>()
    for (const entry of this.entries.values())
      if (entry.problem !== undefined) problems.set(entry.id, entry.problem)
    const batched = this.batch ? batchIds(this.batch).filter((id) => !this.entries.has(id)).length : 0
    const pending = this.entries.size - problems.size + batched
    let kind: SaveState['kind'] = pending > 0 ? 'saving' : 'saved'
    if (pending > 0 && this.offline) kind = 'offline'
    if (this.blocked) kind = 'blocked'
    return {
      kind,
      pending,
      blocked: this.blocked,
      problems,
      serverFull: this.offline && this.serverFull,
      journal: this.keeper.keeping,
    }
  }

  private announce(): void {
    this.snapshot = this.describe()
    for (const listener of this.listeners) listener()
  }
}
