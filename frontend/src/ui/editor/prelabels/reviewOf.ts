/** The review of an editor session: gives it the document, the view and the person. Owns the wiring only. */
import type { AnnotationRecord } from '@/core/document'
import { bboxOf } from '@/core/shapes'
import { fitRect, type Viewport, visibleRect } from '@/core/viewport'
import { Review } from '@/tools/prelabels/review'

import type { EditorSession } from '../session'

/** An object that is smaller than this on screen is zoomed to: what is proposed could not be judged. */
const SMALLEST = 14
/** Room around an object that is zoomed to, as a share of the stage. */
const ROOM = 0.36

export function reviewOf(session: EditorSession, whenIdle: (run: () => void) => void): Review {
  const { store, history, index, state, given } = session
  return new Review({
    store,
    history,
    index,
    state,
    width: given.document.width,
    height: given.document.height,
    hint: (hint) => session.hint(hint),
    switchTo: (tool) => session.tools.use(tool),
    reveal: (record) => session.setViewport(revealed(session.view.get().viewport, record)),
    sendRejected: (ids, rejected) => session.sendRejected(ids, rejected),
    whenIdle,
    now: () => performance.now(),
  })
}

/** The view with the object in it: itself where all of it is to be seen, and large enough to be judged. */
export function revealed(view: Viewport, record: AnnotationRecord): Viewport {
  const box = bboxOf(record)
  const seen = visibleRect(view)
  const large = Math.max(box.x1 - box.x0, box.y1 - box.y0) * view.scale >= SMALLEST
  const inside = box.x0 >= seen.x0 && box.y0 >= seen.y0 && box.x1 <= seen.x1 && box.y1 <= seen.y1
  if (inside && large) return view
  const whole = box.x1 - box.x0 > seen.x1 - seen.x0 || box.y1 - box.y0 > seen.y1 - seen.y0
  if (large && !whole) return centred(view, (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2)
  return fitRect(view, box, ROOM * Math.min(view.width, view.height))
}

function centred(view: Viewport, x: number, y: number): Viewport {
  return { ...view, offsetX: view.width / 2 - x * view.scale, offsetY: view.height / 2 - y * view.scale }
}
