/** What the queue's tests share: a clock moved by hand, locks, objects, and a "tab" that can be killed. */
import { Journal } from '../../src/sync/journal'
import type { Locks } from '../../src/sync/locks'
import type { Conflict, RemoteChange } from '../../src/sync/merge'
import type { ChangeQueue } from '../../src/sync/queue'
import { type Clock } from '../../src/sync/queue'
import { queueFor, type Surroundings, type TakenSession, takeSession } from '../../src/sync/sessions'
import type { WireObject } from '../../src/sync/wire'
import type { FakeServer } from './fakeServer'

export const DOCUMENT = 'document-1'
export const OWNER = { user: 'user-1', document: DOCUMENT, image: 'image-1' }

export function square(id: string, x: number, classIndex = 1): WireObject {
  return {
    id,
    class: classIndex,
    kind: 'polygon',
    polygons: [[[x, 0, x + 10, 0, x + 10, 10, x, 10]]],
    z: 0,
    attributes: {},
    is_crowd: false,
  }
}

export const change = (object: WireObject) => ({ id: object.id, value: object })

export class HandClock implements Clock {
  now = 0
  private waiting: { at: number; run: () => void }[] = []

  after(milliseconds: number, run: () => void): () => void {
    const item = { at: this.now + milliseconds, run }
    this.waiting.push(item)
    return () => (this.waiting = this.waiting.filter((other) => other !== item))
  }

  /** Moves time on and runs what is due. */
  advance(milliseconds: number): void {
    this.now += milliseconds
    const due = this.waiting.filter((item) => item.at <= this.now)
    this.waiting = this.waiting.filter((item) => item.at > this.now)
    for (const item of due) item.run()
  }

  get next(): number | null {
    return this.waiting.length === 0 ? null : Math.min(...this.waiting.map((item) => item.at)) - this.now
  }
}

/** Web Locks (exclusive mode) of one browser, as far as the product uses them. */
export class LocksOfBrowser {
  private readonly held = new Map<string, Promise<unknown>>()

  async request(name: string, ...rest: unknown[]): Promise<unknown> {
    const run = rest.at(-1) as (lock: Lock | null) => unknown
    const options = (rest.length > 1 ? rest[0] : {}) as LockOptions
    while (this.held.has(name)) {
      if (options.ifAvailable) return run(null)
      await this.turn(name, options.signal)
    }
    const work = Promise.resolve(run({ name, mode: 'exclusive' }))
    const settled = work.then(
      () => this.held.delete(name),
      () => this.held.delete(name),
    )
    this.held.set(name, settled)
    return work
  }

  private async turn(name: string, signal: AbortSignal | undefined): Promise<void> {
    const aborted = new Promise<never>((_, reject) => {
      signal?.addEventListener('abort', () => reject(new DOMException('timed out', 'AbortError')))
    })
    await Promise.race([this.held.get(name), aborted])
  }
}

export interface Tab {
  readonly queue: ChangeQueue
  readonly held: TakenSession
  readonly overlay: RemoteChange
  readonly remote: RemoteChange[]
  readonly conflicts: Conflict[]
}

/** One browser: its journal and locks survive its tabs. */
export class Browser {
  readonly clock = new HandClock()
  readonly locks = new LocksOfBrowser() as unknown as Locks
  private ids = 0
  readonly around: Surroundings

  private constructor(
    readonly journal: Journal,
    readonly server: FakeServer,
    readonly name: string,
  ) {
    this.around = {
      journal,
      transport: server,
      clock: this.clock,
      locks: this.locks,
      random: () => 1,
      newId: () => `${name}-${String(++this.ids)}`,
      now: () => ++this.ids,
    }
  }

  static async open(server: FakeServer, name: string): Promise<Browser> {
    return new Browser(await Journal.open(name), server, name)
  }

  /** Opens the document as the editor does. */
  async tab(): Promise<Tab> {
    const held = await takeSession(this.around, OWNER, null)
    const remote: RemoteChange[] = []
    const conflicts: Conflict[] = []
    const queue = queueFor(this.around, held, {
      onRemote: (item) => remote.push(item),
      onConflict: (items) => conflicts.push(...items),
    })
    await queue.recover()
    const overlay = queue.begin(await this.server.fetch())
    return { queue, held, overlay, remote, conflicts }
  }

  /** The tab is gone at once: only its locks are let go, as a browser does. */
  kill(tab: Tab): void {
    tab.held.release()
  }
}
