/** Opening a document for editing: takes over the journal, reads the document, lays unsent changes over it. */
import { openDocument } from '@/sync/documentApi'
import { assistService } from '@/sync/assists'
import { clickService } from '@/sync/clicks'
import { surroundings } from '@/sync/browser'
import type { ChangeQueue } from '@/sync/queue'
import { leaveSession, queueFor, replaySessions, takeSession } from '@/sync/sessions'
import type { EditorClass, ToolSettings } from '@/tools/editorState'

import { followSettings } from './follow'
import { EditorSession, type ViewOptions } from './session'
import { painters } from './workers'
import { type Heartbeat, startHeartbeat } from './together/presence'
import { newTogether, type Together } from './together/state'

export interface Opened {
  readonly session: EditorSession
  readonly queue: ChangeQueue
  readonly together: Together
  /** The person goes on: nothing more is recorded, and what is unsent goes off. What is on screen stays until `close`. */
  leave(): void
  close(): Promise<void>
}

interface Plan {
  readonly user: string
  readonly image: string
  readonly document: string
  readonly classes: readonly EditorClass[]
  readonly readOnly: boolean
  readonly exclusive: boolean
  readonly view: ViewOptions
  readonly tools: ToolSettings
}

const TAB = 'contorno.session'
/** While the page is visible it says this often that it is here, and looks for others' changes. */
const POLL_MS = 10_000

export async function openEditor(plan: Plan): Promise<Opened> {
  painters.warm() // it starts while the document is on its way
  // Read beside the journal, not after it: what is unsent is laid over it, what is newer is told by the heartbeat.
  const reading = openDocument(plan.document)
  reading.catch(() => undefined)
  const around = await surroundings()
  const held = await takeSession(around, plan, sessionStorage.getItem(TAB))
  sessionStorage.setItem(TAB, held.id)
  const box: { session: EditorSession | null } = { session: null }
  const queue = queueFor(around, held, {
    onRemote: (change) => box.session?.applyRemote(change),
    onConflict: (conflicts) => box.session?.addConflicts(conflicts),
    inHand: (id) => {
      const session = box.session
      return session !== null && session.tools.working && session.state.get().selection.has(id)
    },
  })
  try {
    await queue.recover()
    const { state, server } = await reading
    const session = new EditorSession({
      ...plan,
      document: state,
      assists: assistService({ image: plan.image, width: state.width, height: state.height }),
      clicks: clickService({ image: plan.image, width: state.width, height: state.height }),
    })
    box.session = session
    session.applyRemote(queue.begin(server))
    session.queue = queue
    const together = newTogether()
    const place = { image: plan.image, document: plan.document, tab: held.id }
    const heart = startHeartbeat(place, session, together)
    const stop = keepSaving(queue, session, heart)
    const unfollow = followSettings(session)
    void queue.flush()
    // The document may have been read a while ago; the first heartbeat tells its newest revision.
    void heart.beat().then((head) => queue.poll(head))
    void replaySessions(around, plan.user, plan.document)
    return {
      session,
      queue,
      together,
      leave: () => {
        session.freeze()
        void queue.flush()
      },
      close: async () => {
        stop()
        heart.leave()
        unfollow()
        session.dispose()
        void queue.flush()
        await leaveSession(around, held, queue)
      },
    }
  } catch (error) {
    await leaveSession(around, held, queue)
    throw error
  }
}

/** Reacts to what happens to the page: back online, hidden, closed. Returns the function that ends it. */
function keepSaving(queue: ChangeQueue, session: EditorSession, heart: Heartbeat): () => void {
  const ended = new AbortController()
  const listen = { signal: ended.signal }
  window.addEventListener('online', () => queue.state.kind === 'offline' && queue.resume(), listen)
  window.addEventListener('pagehide', () => (queue.leave(), heart.leave()), listen)
  window.addEventListener('pageshow', () => void queue.flush(), listen)
  document.addEventListener('visibilitychange', () => document.hidden && void queue.flush(), listen)
  window.addEventListener('beforeunload', (event) => !safeToLeave(queue) && event.preventDefault(), listen)
  const look = async () => {
    if (document.hidden) return
    const head = await heart.beat()
    if (!session.tools.working && !ended.signal.aborted) await queue.poll(head)
  }
  document.addEventListener('visibilitychange', () => void look(), listen)
  const timer = setInterval(() => {
    queue.mendJournal()
    void look()
  }, POLL_MS)
  return () => {
    ended.abort()
    clearInterval(timer)
  }
}

/** With a journal nothing can be lost; without one unsent changes would be. */
function safeToLeave(queue: ChangeQueue): boolean {
  return queue.state.journal === 'kept' || queue.state.pending === 0
}
