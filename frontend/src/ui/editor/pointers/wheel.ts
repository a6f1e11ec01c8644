/** The wheel and touchpads: zoom about the pointer, pan with Shift, brush size with Alt. */
import type { ScreenPoint } from '@/core/points'
import { pan, zoomAbout } from '@/core/viewport'
import { MAX_BRUSH } from '@/tools/editorState'

import type { EditorSession } from '../session'

export function onWheel(event: WheelEvent, session: EditorSession, at: ScreenPoint): void {
  event.preventDefault()
  const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1
  const { viewport } = session.view.get()
  const { tool, brushSize } = session.state.get()
  if (event.altKey && (tool === 'brush' || tool === 'eraser')) {
    const next = brushSize * Math.exp((-event.deltaY * unit) / 600)
    const grown = event.deltaY < 0 ? Math.max(brushSize + 1, next) : Math.min(brushSize - 1, next)
    session.state.set({ brushSize: Math.round(Math.min(MAX_BRUSH, Math.max(1, grown))) })
  } else if (event.shiftKey) session.setViewport(pan(viewport, -(event.deltaX || event.deltaY) * unit, 0))
  else {
    const speed = event.ctrlKey ? 120 : 420 // a pinch on a touchpad arrives as small steps with Ctrl
    session.setViewport(zoomAbout(viewport, at, Math.exp((-event.deltaY * unit) / speed)))
  }
}
