/** Ties the session's observables to React. */
import { useSyncExternalStore } from 'react'

import type { SaveState } from '@/sync/queue'
import type { Observable } from '@/tools/editorState'

import type { Opened } from './open'
import type { EditorSession } from './session'

export function useObservable<T extends object>(observable: Observable<T>): T {
  return useSyncExternalStore(observable.subscribe, observable.get)
}

/** A part of an observable: renders again only when that part changes. */
export function usePart<T extends object, P>(observable: Observable<T>, part: (value: T) => P): P {
  return useSyncExternalStore(observable.subscribe, () => part(observable.get()))
}

/** All objects, bottom first; a new array after each change. */
export function useObjects(session: EditorSession) {
  return useSyncExternalStore(
    (listener) => session.store.subscribe(listener),
    () => session.store.ordered(),
  )
}

export function useHistory(session: EditorSession) {
  return useSyncExternalStore(
    (listener) => session.history.subscribe(listener),
    () => session.history.state,
  )
}

export function useSaveState({ queue }: Pick<Opened, 'queue'>): SaveState {
  return useSyncExternalStore(
    (listener) => queue.subscribe(listener),
    () => queue.state,
  )
}
