/** The keyboard of the editor: every key goes to the session unless a field, a dialog or a menu has it. */
import { useEffect } from 'react'

import type { KeyInput } from '@/tools/events'

import type { EditorSession } from './session'

export interface PageKeys {
  readonly onNext: () => void
  readonly onPrevious: () => void
  readonly onSubmit: () => void
  readonly onSheet: () => void
}

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

function pageKey(event: KeyboardEvent, keys: PageKeys): boolean {
  const mod = event.ctrlKey || event.metaKey
  if (event.key === 'PageDown') keys.onNext()
  else if (event.key === 'PageUp') keys.onPrevious()
  else if (event.key === 'Enter' && mod) keys.onSubmit()
  else if (event.key === '?') keys.onSheet()
  else return false
  return true
}

export function useHotkeys(session: EditorSession, keys: PageKeys): void {
  useEffect(() => {
    const down = (event: KeyboardEvent) => {
      if (event.defaultPrevented || isElsewhere(event)) return
      if (pageKey(event, keys) || session.tools.key(keyInput(event))) event.preventDefault()
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
  }, [session, keys])
}
