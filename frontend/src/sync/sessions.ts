/**
 * Journal sessions of this browser: starting one, taking over those whose tab is gone, replaying them without an editor.
 *
 * A tab holds the lock of its session while it lives, so whoever can take that lock knows the tab is dead.
 */
import { failureOf, type Journal, type Keeping, type SessionRecord } from './journal'
import type { LockRequest, Locks } from './locks'
import { ChangeQueue, type Clock, type LockRunner, type Transport } from './queue'

export interface Surroundings {
  readonly journal: Journal | null
  readonly transport: Transport
  readonly clock: Clock
  readonly locks: Locks
  readonly random: () => number
  readonly newId: () => string
  readonly now: () => number
}

export interface HeldSession {
  readonly id: string
  readonly release: () => void
}

/** A session that an editor works in. `keeping`: whether the journal knows of it. */
export interface TakenSession extends HeldSession {
  readonly record: SessionRecord
  readonly keeping: Keeping
}

const sessionLock = (id: string) => `contorno-session-${id}`

/** Takes a session's lock for as long as the holder lives; null when a living tab has it (after `patience` ms). */
export function holdSession(locks: Locks, id: string, patience: number): Promise<HeldSession | null> {
  const options: LockRequest =
    patience > 0 ? { signal: AbortSignal.timeout(patience) } : { ifAvailable: true }
  return new Promise((resolve) => {
    locks
      .request(sessionLock(id), options, (lock) => {
        if (!lock) {
          resolve(null)
          return undefined
        }
        return new Promise<void>((release) => resolve({ id, release }))
      })
      .catch(() => resolve(null))
  })
}

export function documentLock(locks: Locks): LockRunner {
  return <T>(name: string, run: () => Promise<T>) => locks.request(name, {}, run)
}

/**
 * The newest session of a document whose tab is gone, or a new one; also where the journal has no room for it, for a
 * person must get at the document all the same. `previous`: this tab's session before a reload.
 */
export async function takeSession(
  around: Surroundings,
  owner: { readonly user: string; readonly document: string; readonly image: string },
  previous: string | null,
): Promise<TakenSession> {
  const left = around.journal ? await around.journal.sessions(owner.user) : []
  for (const record of left) {
    if (record.document !== owner.document) continue
    const held = await holdSession(around.locks, record.id, record.id === previous ? 1000 : 0)
    if (held) return { ...held, record, keeping: 'kept' }
  }
  const { user, document, image } = owner
  const record = { id: around.newId(), user, document, image, created: around.now() }
  const keeping = await keep(around.journal, record)
  const held = await holdSession(around.locks, record.id, 0)
  return { ...(held ?? { id: record.id, release: () => undefined }), record, keeping }
}

function keep(journal: Journal | null, record: SessionRecord): Promise<Keeping> | Keeping {
  if (!journal) return 'none'
  return journal.addSession(record).then(() => 'kept' as const, failureOf)
}

/** Lets a session go; what it could not send stays in the journal for the next visit. */
export async function leaveSession(
  around: Surroundings,
  held: HeldSession,
  queue: ChangeQueue,
): Promise<void> {
  await queue.dispose()
  if (queue.isEmpty()) await around.journal?.drop(held.id)
  held.release()
}

export function queueFor(
  around: Surroundings,
  { record, keeping }: Pick<TakenSession, 'record' | 'keeping'>,
  events: Pick<ConstructorParameters<typeof ChangeQueue>[0], 'onRemote' | 'onConflict' | 'inHand'>,
): ChangeQueue {
  const { journal, transport, clock, random, newId, locks } = around
  return new ChangeQueue({
    record,
    keeping,
    journal,
    transport,
    clock,
    random,
    newId,
    lock: documentLock(locks),
    ...events,
  })
}

/**
 * Sends what earlier visits left behind, one session after the other.
 *
 * Args: `skip` names a document that an editor is opening (it takes over its own sessions).
 * Returns how many sessions still hold unsent changes.
 */
export async function replaySessions(
  around: Surroundings,
  user: string,
  skip: string | null,
): Promise<number> {
  if (!around.journal) return 0
  let left = 0
  for (const record of await around.journal.sessions(user)) {
    if (record.document === skip) continue
    const held = await holdSession(around.locks, record.id, 0)
    if (!held) continue
    const queue = queueFor(
      around,
      { record, keeping: 'kept' },
      { onRemote: () => undefined, onConflict: () => undefined },
    )
    await queue.recover()
    await queue.flush()
    await leaveSession(around, held, queue)
    if (!queue.isEmpty()) left += 1
  }
  return left
}
