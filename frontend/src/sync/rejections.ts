/**
 * Rejections of pre-labels that the server has not got yet: kept in this browser first, then sent until it answers.
 *
 * Only the last word on an object counts, so that a rejection and its undo before they are sent are nothing. Storage,
 * transport and clock are given, so that tests run the real queue.
 */
import { ApiProblem } from './client'

export interface RejectionOptions {
  /** Whose these are: on a shared computer nobody sends another person's. */
  readonly user: string
  readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
  /** Tells the server; rejects where it could not be told. */
  readonly send: (prediction: string, objects: readonly string[], rejected: boolean) => Promise<unknown>
  /** Runs something later; gives the function that calls it off. */
  readonly after: (milliseconds: number, run: () => void) => () => void
  readonly random: () => number
}

/** By prediction: each object's last word. */
type Waiting = Readonly<Record<string, Readonly<Record<string, boolean>>>>

const storeOf = (user: string) => `contorno.rejections.${user}`
/** A list that is gone through quickly is one request. */
const CALM_MS = 400
const FIRST_RETRY_MS = 1000
const LAST_RETRY_MS = 30_000

export class RejectionQueue {
  private waiting: Waiting
  private stop: (() => void) | null = null
  private running: Promise<void> | null = null
  private attempts = 0
  private readonly listeners = new Set<() => void>()

  constructor(private readonly options: RejectionOptions) {
    this.waiting = this.read()
  }

  /** How many objects' rejections the server has not got. */
  get pending(): number {
    return Object.values(this.waiting).reduce((sum, objects) => sum + Object.keys(objects).length, 0)
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** The rejected ids of a prediction, as the server said them with what waits here laid over. */
  over(prediction: string, rejected: readonly string[]): readonly string[] {
    const all = new Set(rejected)
    for (const [id, value] of Object.entries(this.waiting[prediction] ?? {})) {
      if (value) all.add(id)
      else all.delete(id)
    }
    return [...all]
  }

  record(prediction: string, objects: readonly string[], rejected: boolean): void {
    const words = Object.fromEntries(objects.map((id) => [id, rejected]))
    this.keep({ ...this.waiting, [prediction]: { ...this.waiting[prediction], ...words } })
    this.schedule(CALM_MS)
  }

  /** Sends what waits now; resolves when nothing more can be sent. */
  async flush(): Promise<void> {
    this.stop?.()
    this.stop = null
    this.running ??= this.drain().finally(() => {
      this.running = null
    })
    await this.running
  }

  private async drain(): Promise<void> {
    for (;;) {
      const [next] = Object.entries(this.waiting)
      if (!next) return
      const [prediction, objects] = next
      try {
        for (const rejected of [true, false]) {
          const ids = Object.keys(objects).filter((id) => objects[id] === rejected)
          if (ids.length === 0) continue
          await this.options.send(prediction, ids, rejected)
          this.settle(prediction, ids, rejected)
        }
        this.attempts = 0
      } catch (error) {
        if (isFinal(error)) this.forget(prediction)
        else return this.retry()
      }
    }
  }

  /** The server has these: what was said meanwhile still waits. */
  private settle(prediction: string, ids: readonly string[], rejected: boolean): void {
    const sent = new Set(ids)
    const left = Object.entries(this.waiting[prediction] ?? {}).filter(
      ([id, value]) => !sent.has(id) || value !== rejected,
    )
    const { [prediction]: _gone, ...others } = this.waiting
    this.keep(left.length > 0 ? { ...others, [prediction]: Object.fromEntries(left) } : others)
  }

  private forget(prediction: string): void {
    const { [prediction]: _gone, ...others } = this.waiting
    this.keep(others)
  }

  private retry(): void {
    const delay = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.attempts++)
    this.schedule(delay * (0.5 + this.options.random() / 2))
  }

  private schedule(milliseconds: number): void {
    this.stop?.()
    this.stop = this.options.after(milliseconds, () => void this.flush())
  }

  private keep(waiting: Waiting): void {
    this.waiting = waiting
    try {
      if (Object.keys(waiting).length === 0) this.options.storage.removeItem(storeOf(this.options.user))
      else this.options.storage.setItem(storeOf(this.options.user), JSON.stringify(waiting))
    } catch {
      // A full or forbidden storage: what waits is sent from this tab all the same.
    }
    for (const listener of [...this.listeners]) listener()
  }

  private read(): Waiting {
    try {
      const kept: unknown = JSON.parse(this.options.storage.getItem(storeOf(this.options.user)) ?? 'null')
      return typeof kept === 'object' && kept !== null && !Array.isArray(kept) ? (kept as Waiting) : {}
    } catch {
      return {}
    }
  }
}

/** The prediction or the right is gone, or the server will never take it: asking again changes nothing. */
function isFinal(error: unknown): boolean {
  return error instanceof ApiProblem && [400, 403, 404, 409].includes(error.status)
}
