/**
 * What a person sees and may touch: hidden and locked objects and classes, and solo, where all but a few are hidden.
 * Owns the rules and the switches; a layer gets their outcome as part of its style.
 */
import type { EditorState } from './editorState'

type Named = { readonly id: string; readonly classIndex: number }
type Visibility = Pick<EditorState, 'hidden' | 'hiddenClasses' | 'locked' | 'lockedClasses' | 'solo'>

/** Only these are shown: an object that is named, or of a class that is named. */
export interface Solo {
  readonly objects: ReadonlySet<string>
  readonly classes: ReadonlySet<number>
}

export function isShown(
  state: Pick<EditorState, 'hidden' | 'hiddenClasses' | 'solo'>,
  { id, classIndex }: Named,
): boolean {
  const { solo } = state
  if (solo) return solo.objects.has(id) || solo.classes.has(classIndex)
  return !state.hidden.has(id) && !state.hiddenClasses.has(classIndex)
}

export function isLocked(state: Visibility, { id, classIndex }: Named): boolean {
  return state.locked.has(id) || state.lockedClasses.has(classIndex)
}

/** Whether a person can see and change it. */
export function isTouchable(state: Visibility, record: Named): boolean {
  return isShown(state, record) && !isLocked(state, record)
}

/** The set with the values in it, or without them when all were in it. */
export function flipped<T>(set: ReadonlySet<T>, values: readonly T[]): ReadonlySet<T> {
  const next = new Set(set)
  if (values.every((value) => set.has(value))) values.forEach((value) => next.delete(value))
  else values.forEach((value) => next.add(value))
  return next
}

/** Solo for the objects and classes, or none when it is theirs already: the same key leads in and out. */
export function soloFor(
  state: Visibility,
  what: { readonly objects?: readonly string[]; readonly classes?: readonly number[] },
): Solo | null {
  const next = { objects: new Set(what.objects ?? []), classes: new Set(what.classes ?? []) }
  const { solo } = state
  const same = solo !== null && sameSet(solo.objects, next.objects) && sameSet(solo.classes, next.classes)
  return same || next.objects.size + next.classes.size === 0 ? null : next
}

/** Everything shown again. */
export const ALL_SHOWN = {
  hidden: new Set<string>(),
  hiddenClasses: new Set<number>(),
  solo: null,
} as const satisfies Partial<EditorState>

function sameSet<T>(a: ReadonlySet<T>, b: ReadonlySet<T>): boolean {
  return a.size === b.size && [...a].every((value) => b.has(value))
}
