/**
 * What stays from one frame of a sequence to the next: where the view stands, and which object is in hand.
 * Lives for the page only; owns no data of the server.
 */
import { trackOf } from '@/core/document'
import type { Viewport } from '@/core/viewport'

import type { EditorSession } from '../session'

interface Moment {
  readonly group: string
  readonly viewport: Viewport
  readonly tracks: ReadonlySet<string>
}

let last: Moment | null = null

export function remember(group: string, session: EditorSession): void {
  const { selection } = session.state.get()
  const tracks = [...selection].flatMap((id) => {
    const record = session.store.get(id)
    return record ? [trackOf(record)] : []
  })
  last = { group, viewport: session.view.get().viewport, tracks: new Set(tracks) }
}

/** Gives the session the view and the selection of the frame before, where that was of the same group and size. */
export function recall(group: string, session: EditorSession): void {
  const now = session.view.get().viewport
  const kept = last
  last = null
  if (kept?.group !== group) return
  const { scale, offsetX, offsetY, imageWidth, imageHeight } = kept.viewport
  if (imageWidth === now.imageWidth && imageHeight === now.imageHeight)
    session.setViewport({ ...now, scale, offsetX, offsetY })
  if (kept.tracks.size === 0) return
  const same = session.store.ordered().filter((record) => kept.tracks.has(trackOf(record)))
  if (same.length > 0) session.state.set({ selection: new Set(same.map((record) => record.id)) })
}
