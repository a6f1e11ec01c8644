/**
 * What one finger does. Until a pen was seen it draws; from then on it only moves the image, so that a resting hand
 * draws nothing. A person can also choose, for good. Owns the decision; touches.ts owns the gestures.
 */
import { useCallback, useSyncExternalStore } from 'react'

import { onPreferences, preference, setPreference } from '@/ui/app/usePreference'

const listeners = new Set<() => void>()
let hasPen = false

/** A pen is in use here: told by every event that a pen sends. */
export function penSeen(): void {
  if (hasPen) return
  hasPen = true
  for (const listener of [...listeners]) listener()
}

export function fingerDraws(): boolean {
  const chosen = preference('editor.finger')
  return chosen === 'auto' ? !hasPen : chosen === 'draw'
}

/** Whether one finger draws, and how to choose. */
export function useFinger(): readonly [draws: boolean, choose: (draws: boolean) => void] {
  const draws = useSyncExternalStore(subscribe, fingerDraws)
  const choose = useCallback((next: boolean) => setPreference('editor.finger', next ? 'draw' : 'pan'), [])
  return [draws, choose]
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  const end = onPreferences(listener)
  return () => {
    listeners.delete(listener)
    end()
  }
}
