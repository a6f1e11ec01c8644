/** Beginning and ending a look at an earlier state or at two states, and bringing an earlier state back. */
import { ApiProblem } from '@/sync/client'
import { restoreDocument } from '@/sync/togetherApi'

import type { Opened } from '../open'
import type { Preview } from './state'

/** What is unsaved goes to the server first, so that the history holds it. */
export async function startPreview({ queue, together, session }: Opened, preview: Preview): Promise<void> {
  session.hint(null)
  await queue.flush()
  together.set({ preview, compared: null, placing: false, draft: null })
}

/** Two states: by default the state before my last visit's end is not known, so now is beside the one before. */
export async function startCompare({ queue, together, session }: Opened): Promise<void> {
  await queue.flush()
  const { id } = session.given.document
  const before = together.get().preview?.revision ?? Math.max(0, queue.currentRevision - 1)
  together.set({
    preview: null,
    placing: false,
    draft: null,
    compared: {
      left: { document: id, revision: before },
      right: { document: id, revision: null },
      mode: 'overlay',
      edge: 0.5,
    },
  })
}

export function endLook({ together }: Opened): void {
  together.set({ preview: null, compared: null })
}

export type RestoreOutcome = 'done' | 'unsaved' | 'stale'

/**
 * Makes the document, or these objects of it, what it was at a revision: one revision on the server, one step to undo
 * here. `stale`: somebody else changed one of the objects meanwhile; their change is on screen now, nothing was done.
 */
export async function restore(
  { queue, session }: Opened,
  revision: number,
  objects: readonly string[] | null,
): Promise<RestoreOutcome> {
  await queue.flush()
  if (queue.state.pending > 0 || queue.state.problems.size > 0) return 'unsaved'
  const base = queue.currentRevision
  try {
    const answer = await restoreDocument(session.given.document.id, {
      revision,
      base_revision: base,
      key: session.newId(),
      ...(objects === null ? {} : { objects }),
    })
    const change = queue.takeOver(answer, base)
    if (change) session.applySaved('restore', change)
    else await queue.refresh()
    return 'done'
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.type !== 'stale-objects') throw error
    await queue.refresh()
    return 'stale'
  }
}
