/**
 * Locks between the tabs of one browser where it has no Web Locks: it keeps those from pages that came over plain HTTP
 * from another machine, as in a team's local network.
 *
 * Who wants a lock asks on a channel and has it when nobody objects within a moment; holders answer at once, and of two
 * that ask at the same time the smaller ticket wins. A closed or crashed tab answers nothing, so its locks are free.
 * Owns exclusive locks only. Without a channel it keeps order within this one tab.
 */

export interface LockRequest {
  /** Answer null at once instead of waiting. */
  readonly ifAvailable?: boolean
  /** Ends the waiting; the request then rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

/** The part of the browser's LockManager that the product uses. */
export interface Locks {
  request<T>(name: string, options: LockRequest, run: (lock: object | null) => T | Promise<T>): Promise<T>
}

/** The part of BroadcastChannel that is used: what one tab posts reaches all the others. */
export interface Channel {
  postMessage(message: unknown): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
}

interface Message {
  readonly kind: 'claim' | 'taken' | 'free'
  readonly name: string
  readonly ticket: string
}

interface Claim {
  readonly ticket: string
  lost: boolean
}

/** How long an objection may take: other tabs answer from an event, which even hidden ones run within some ms. */
const OBJECTION_MS = 120
/** Waiters ask again this often although nobody told them that the lock is free: its holder may have crashed. */
const ASK_AGAIN_MS = 1500

interface Times {
  readonly objection: number
  readonly askAgain: number
}

export class ChannelLocks implements Locks {
  private readonly held = new Set<string>()
  private readonly claims = new Map<string, Claim>()
  private readonly waiting = new Map<string, Set<() => void>>()

  constructor(
    private readonly channel: Channel | null,
    private readonly newTicket: () => string,
    private readonly times: Times = { objection: OBJECTION_MS, askAgain: ASK_AGAIN_MS },
  ) {
    channel?.addEventListener('message', ({ data }) => this.hear(data as Message))
  }

  async request<T>(
    name: string,
    options: LockRequest,
    run: (lock: object | null) => T | Promise<T>,
  ): Promise<T> {
    while (!(await this.claim(name))) {
      if (options.ifAvailable) return run(null)
      await this.turn(name, options.signal)
    }
    try {
      return await run({ name })
    } finally {
      this.held.delete(name)
      this.channel?.postMessage({ kind: 'free', name, ticket: '' } satisfies Message)
      this.wake(name)
    }
  }

  private async claim(name: string): Promise<boolean> {
    if (this.held.has(name) || this.claims.has(name)) return false
    if (this.channel) {
      const claim = { ticket: this.newTicket(), lost: false }
      this.claims.set(name, claim)
      this.channel.postMessage({ kind: 'claim', name, ticket: claim.ticket } satisfies Message)
      await new Promise((done) => setTimeout(done, this.times.objection))
      this.claims.delete(name)
      if (claim.lost) {
        this.wake(name)
        return false
      }
    }
    this.held.add(name)
    return true
  }

  private hear({ kind, name, ticket }: Message): void {
    const claim = this.claims.get(name)
    if (kind === 'free') this.wake(name)
    else if (kind === 'taken' && claim?.ticket === ticket) claim.lost = true
    else if (kind === 'claim') {
      // A claim that is lost must not object, or two tabs would keep each other from the lock for ever.
      const mine = claim !== undefined && !claim.lost && claim.ticket < ticket
      if (this.held.has(name) || mine) this.object(name, ticket)
      else if (claim) claim.lost = true
    }
  }

  private object(name: string, ticket: string): void {
    this.channel?.postMessage({ kind: 'taken', name, ticket } satisfies Message)
  }

  private wake(name: string): void {
    for (const go of this.waiting.get(name) ?? []) go()
  }

  /** Resolves when the lock may be free; rejects when the signal ends the waiting. */
  private turn(name: string, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error)
      const all = this.waiting.get(name) ?? new Set()
      this.waiting.set(name, all)
      const end = (settle: () => void) => {
        clearTimeout(timer)
        all.delete(go)
        signal?.removeEventListener('abort', stop)
        settle()
      }
      const go = () => end(resolve)
      const stop = () => end(() => reject(signal?.reason as Error))
      const timer = setTimeout(go, this.times.askAgain)
      all.add(go)
      signal?.addEventListener('abort', stop)
    })
  }
}

/** The browser's own locks where it has them, else ones over a channel. */
export function browserLocks(newTicket: () => string): Locks {
  const own = (navigator as { locks?: LockManager }).locks
  if (own)
    return { request: (name, options, run) => own.request(name, { ...options }, run) as Promise<never> }
  const Broadcast = (globalThis as { BroadcastChannel?: typeof BroadcastChannel }).BroadcastChannel
  return new ChannelLocks(Broadcast ? new Broadcast('contorno-locks') : null, newTicket)
}
