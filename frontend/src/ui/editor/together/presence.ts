/**
 * The heartbeat of an open editor: tells that this tab is here, learns who else is, whether the document has a newer
 * revision and whether comments changed. One small request instead of three.
 */
import { NetworkFailure } from '@/sync/client'
import { tellPresence } from '@/sync/togetherApi'

import type { EditorSession } from '../session'
import type { Together } from './state'

/** Whoever changed something within this time is editing. */
const EDITING_MS = 60_000

export interface Heartbeat {
  /** The document's newest revision; null when the server did not say. */
  beat(): Promise<number | null>
  /** The tab leaves the image: the others see it at once. */
  leave(): void
}

interface Place {
  readonly image: string
  readonly document: string
  readonly tab: string
}

export function startHeartbeat(place: Place, session: EditorSession, together: Together): Heartbeat {
  let lastEdit = Number.NEGATIVE_INFINITY
  let left = false
  const end = session.store.subscribe(({ source }) => {
    if (source === 'user') lastEdit = Date.now()
  })
  const { image, document, tab } = place
  return {
    async beat() {
      left = false
      const editing = Date.now() - lastEdit < EDITING_MS
      try {
        const here = await tellPresence(image, { tab, document, editing })
        together.set({
          others: sameOthers(together.get().others, here.others),
          openComments: here.comments.open,
          mark: here.comments.mark,
        })
        return here.revision
      } catch (error) {
        if (error instanceof NetworkFailure) together.set({ others: [] })
        return null
      }
    },
    leave() {
      if (left) return
      left = true
      end()
      void tellPresence(image, { tab, leaving: true }, { keepalive: true }).catch(() => undefined)
    },
  }
}

/** The same list when nothing changed, so that nothing is drawn anew every ten seconds. */
function sameOthers<T>(before: readonly T[], now: readonly T[]): readonly T[] {
  return JSON.stringify(before) === JSON.stringify(now) ? before : now
}
