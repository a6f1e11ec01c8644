/** The real surroundings of the change queue: this browser's journal, locks, clock and randomness. */
import { makeIdSource } from '@/core/ids'

import { transport } from './documentApi'
import { Journal } from './journal'
import { browserLocks } from './locks'
import type { Clock } from './queue'
import { replaySessions, type Surroundings } from './sessions'

const clock: Clock = {
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds)
    return () => clearTimeout(timer)
  },
}

// Not crypto.randomUUID: browsers keep it from pages that came over plain HTTP from another machine.
const newId = makeIdSource(Date.now, (bytes) => crypto.getRandomValues(bytes))

let shared: Promise<Surroundings> | null = null

/** One journal connection a page. A browser that forbids IndexedDB gets none, and the save state says so. */
export function surroundings(): Promise<Surroundings> {
  // Asks that the journal is not thrown away when the disk gets full; most browsers decide without a question.
  if (!shared && isSecureContext) void navigator.storage.persist().catch(() => undefined)
  shared ??= Journal.open()
    .catch(() => null)
    .then((journal) => ({
      journal,
      transport,
      clock,
      locks: browserLocks(newId),
      random: Math.random,
      newId,
      now: Date.now,
    }))
  return shared
}

/**
 * Sends what closed tabs, crashes and lost networks left unsent, for every document of this person. Call it when
 * somebody is known to be signed in. Returns how many sessions still hold unsent changes.
 */
export async function replayPendingJournals(
  user: string,
  skipDocument: string | null = null,
): Promise<number> {
  return replaySessions(await surroundings(), user, skipDocument)
}
