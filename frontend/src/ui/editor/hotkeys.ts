/** The keyboard of the editor: a key is a command's, else the tool's in hand, unless a field, a dialog or a menu has it. */
import { useEffect } from 'react'

import type { KeyInput } from '@/tools/events'

import { runKey } from './commands'
import type { CommandContext } from './commands/command'

function isElsewhere(event: KeyboardEvent): boolean {
  const { target } = event
  if (!(target instanceof HTMLElement)) return false
  if (
    target.closest(
      'input, textarea, select, [contenteditable], [role="dialog"], [role="alertdialog"], [role="menu"]',
    )
  )
    return true
  const onControl = target.closest('button, a, [role="slider"], [role="option"]') !== null
  return (
    onControl && [' ', 'Enter', 'ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'Home'].includes(event.key)
  )
}

function keyInput(event: KeyboardEvent): KeyInput {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
  return { key, shift: event.shiftKey, alt: event.altKey, mod: event.ctrlKey || event.metaKey }
}

export function useHotkeys(context: CommandContext): void {
  useEffect(() => {
    const { session } = context
    const down = (event: KeyboardEvent) => {
      if (event.defaultPrevented || isElsewhere(event)) return
      if (runKey(event, context) || session.tools.key(keyInput(event))) event.preventDefault()
    }
    const up = (event: KeyboardEvent) => session.tools.keyReleased(event.key)
    const blur = () => session.tools.keyReleased(' ')
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
