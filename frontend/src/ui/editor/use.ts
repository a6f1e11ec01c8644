/** Ties the session's observables to React. */
import { useMemo, useSyncExternalStore } from 'react'

import type { ClassColours } from '@/render/shapes'
import type { SaveState } from '@/sync/queue'
import type { Observable } from '@/tools/editorState'

import type { Opened } from './open'
import type { EditorSession } from './session'
import { shownColours } from './view/colours'

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

/** The colours in which the canvas shows classes, for lists beside it. */
export function useShownColours(session: EditorSession): ClassColours {
  const classes = usePart(session.state, (state) => state.classes)
  const colourBy = usePart(session.options, (options) => options.colourBy)
  const safe = usePart(session.options, (options) => options.safeColours)
  return useMemo(() => shownColours(classes, { colourBy, safeColours: safe }), [classes, colourBy, safe])
}
