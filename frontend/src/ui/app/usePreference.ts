/**
 * `usePreference(key)`: a setting that follows the person, as in `useState`. The keys are in preferenceKeys.ts.
 *
 *   const [view, setView] = usePreference('editor.view')
 *   setView({ ...view, opacity: 0.5 })
 *
 * Outside React: `preference('editor.view')`, `setPreference('editor.view', value)`, `resetPreference('editor.view')`.
 */
import { hashKey } from '@tanstack/react-query'
import { useCallback, useMemo, useSyncExternalStore } from 'react'

import { patchMe, type Me } from '@/sync/api'
import { PREFERENCE_STORE, PreferenceStore } from '@/sync/preferences'

import { type PreferenceKey, type PreferenceValues, USUAL } from './preferenceKeys'
import { keys, queryClient } from './queries'

const store = new PreferenceStore({
  storage: localStorage,
  send: async (preferences, { keepalive }) => {
    const me = await patchMe({ preferences }, { keepalive })
    queryClient.setQueryData<Me>(keys.me, me)
  },
  after: (milliseconds, run) => {
    const timer = setTimeout(run, milliseconds)
    return () => clearTimeout(timer)
  },
})

export function preference<K extends PreferenceKey>(key: K): PreferenceValues[K] {
  return over(key, store.get(key))
}

export function setPreference<K extends PreferenceKey>(key: K, value: PreferenceValues[K]): void {
  store.set(key, value)
}

/** Back to the usual value, here and in the account. */
export function resetPreference(key: PreferenceKey): void {
  store.set(key, null)
}

export function usePreference<K extends PreferenceKey>(
  key: K,
): readonly [value: PreferenceValues[K], set: (value: PreferenceValues[K]) => void] {
  const kept = useSyncExternalStore(store.subscribe, () => store.get(key))
  const value = useMemo(() => over(key, kept), [key, kept])
  const set = useCallback((next: PreferenceValues[K]) => store.set(key, next), [key])
  return [value, set]
}

/** Runs `listener` after any setting changed, here or in another tab. */
export const onPreferences = store.subscribe

/** Call once at start: follows the account, other tabs, and the page being left. */
export function startPreferences(): void {
  const take = () => {
    const me = queryClient.getQueryData<Me | null>(keys.me)
    if (me) store.adopt(me.user.id, me.user.preferences)
  }
  queryClient.getQueryCache().subscribe(({ type, query }) => {
    if (type === 'updated' && query.queryHash === hashKey(keys.me)) take()
  })
  window.addEventListener('storage', (event) => event.key === PREFERENCE_STORE && store.reload())
  window.addEventListener('pagehide', () => void store.flush({ keepalive: true }))
  window.addEventListener('online', () => void store.flush())
}

function over<K extends PreferenceKey>(key: K, kept: unknown): PreferenceValues[K] {
  const usual = USUAL[key]
  if (kept === undefined || typeof kept !== typeof usual) return usual
  return typeof usual === 'object' ? { ...usual, ...(kept as object) } : (kept as PreferenceValues[K])
}
