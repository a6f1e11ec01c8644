/** Whether the server answers: told by every request, and asked again every few seconds while it does not. */
import { useSyncExternalStore } from 'react'

import { request } from '@/sync/client'

const ASK_EVERY = 4000 // ms

let reachable = true
let asking: ReturnType<typeof setTimeout> | null = null
const listeners = new Set<() => void>()
const comebacks = new Set<() => void>()

async function ask(): Promise<void> {
  try {
    await request('/me')
    reportServer(true)
  } catch (error) {
    if (error instanceof Error && error.name === 'NetworkFailure')
      asking = setTimeout(() => void ask(), ASK_EVERY)
    else reportServer(true)
  }
}

export function reportServer(answers: boolean): void {
  if (answers === reachable) return
  reachable = answers
  if (!answers) asking = setTimeout(() => void ask(), ASK_EVERY)
  else {
    if (asking !== null) clearTimeout(asking)
    asking = null
    comebacks.forEach((listener) => listener())
  }
  listeners.forEach((listener) => listener())
}

/** Runs `listener` each time the server answers again after it did not. */
export function onComeback(listener: () => void): () => void {
  comebacks.add(listener)
  return () => comebacks.delete(listener)
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function useServerReachable(): boolean {
  return useSyncExternalStore(subscribe, () => reachable)
}
