/** The keyboard of the editor: a key is a command's, else the tool's in hand, unless a field, a dialog or a menu has it. */
import { useEffect } from 'react'

import { runKey } from './commands'
import { type CommandContext, meant } from './commands/command'

function isElsewhere(event: KeyboardEvent): boolean {
  const { target } = event
  if (!(target instanceof HTMLElement)) return false
  if (
    target.closest(
      'input, textarea, select, [contenteditable], [role="dialog"], [role="alertdialog"], [role="menu"]',
    )
  )
    return true
  if (target.closest('[role="slider"]') && event.key === 'Enter') return false // it moves a slider nowhere
  // A tool may go through vertices by Tab, but never hold the focus of a button or a list.
  if (event.key === 'Tab' && !onCanvas(event)) return true
  const onControl = target.closest('button, a, [role="slider"], [role="option"]') !== null
  return (
    onControl && [' ', 'Enter', 'ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'Home'].includes(event.key)
  )
}

/** The keyboard's pointer has the arrows only while the image has the focus, so that lists keep theirs. */
function onCanvas({ target }: KeyboardEvent): boolean {
  return target === document.body || (target instanceof Element && target.closest('.editor-canvas') !== null)
}

export function useHotkeys(context: CommandContext): void {
  useEffect(() => {
    const { session } = context
    const down = (event: KeyboardEvent) => {
      if (event.defaultPrevented || isElsewhere(event)) return
      const input = meant(event)
      const used =
        (onCanvas(event) && session.keyboard.key(input, event.repeat)) ||
        runKey(event, context) ||
        session.tools.key(input) ||
        (event.key === 'Enter' && !input.mod && !input.alt && session.keyboard.click())
      if (used) event.preventDefault()
    }
    const released = (key: string) => {
      if (key === ' ') session.keyboard.released()
      session.tools.keyReleased(key)
    }
    const up = (event: KeyboardEvent) => released(event.key)
    const blur = () => released(' ')
    window.addEventListener('keydown', down)
    window.addEventListener('keyup', up)
    window.addEventListener('blur', blur)
    return () => {
      window.removeEventListener('keydown', down)
      window.removeEventListener('keyup', up)
      window.removeEventListener('blur', blur)
    }
  }, [context])
}
