/** The crosshair of the keyboard's pointer, over the canvas. */
import { imageToScreen } from '@/core/viewport'

import type { EditorSession } from '../session'
import { useObservable, usePart } from '../use'

export function KeyboardCursor({ session }: { readonly session: EditorSession }) {
  const { on, at, pressed } = useObservable(session.keyboard.state)
  const view = usePart(session.view, (state) => state.viewport)
  if (!on) return null
  const { x, y } = imageToScreen(view, at)
  return (
    <div
      className="keyboard-cursor"
      data-pressed={pressed}
      data-testid="keyboard-cursor"
      aria-hidden
      style={{ transform: `translate(${x}px, ${y}px)` }}
    />
  )
}
