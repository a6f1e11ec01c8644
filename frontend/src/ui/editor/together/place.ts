/** Where a comment lies on the image now, and bringing that place on screen. */
import { imagePoint } from '@/core/points'
import { bboxOf } from '@/core/shapes'
import { imageToScreen, pan } from '@/core/viewport'
import type { CommentThread } from '@/sync/togetherApi'

import type { EditorSession } from '../session'

type Placed = Pick<CommentThread, 'point' | 'object'>

/** On an object: the middle of its box, wherever it went; where it was when it is gone. Null: on the whole image. */
export function placeOf(session: EditorSession, { point, object }: Placed): readonly [number, number] | null {
  const record = object === null ? undefined : session.store.get(object)
  if (record) {
    const { x0, y0, x1, y1 } = bboxOf(record)
    return [(x0 + x1) / 2, (y0 + y1) / 2]
  }
  const [x, y] = point ?? []
  return x === undefined || y === undefined ? null : [x, y]
}

const MARGIN = 40

/** Moves the image so far that the place is well on screen; selects the object if there is one. */
export function showPlace(session: EditorSession, thread: Placed): void {
  if (thread.object !== null && session.store.has(thread.object))
    session.state.set({ selection: new Set([thread.object]), vertices: [] })
  const place = placeOf(session, thread)
  if (!place) return
  const view = session.view.get().viewport
  const at = imageToScreen(view, imagePoint(place[0], place[1]))
  const inside = at.x > MARGIN && at.y > MARGIN && at.x < view.width - MARGIN && at.y < view.height - MARGIN
  if (!inside) session.setViewport(pan(view, view.width / 2 - at.x, view.height / 2 - at.y))
}
