/**
 * What can be done with the sequence of the open image; commands find it by the session. Owns the registry only: the
 * filmstrip makes the control while it is on screen.
 */
import type { FillMethod } from '@/sync/sequenceApi'

import type { EditorSession } from '../session'

export interface SequenceControl {
  /** Goes so many frames on, or back; stops at the ends. */
  readonly step: (by: number) => void
  readonly play: () => void
  /** Fills the selected objects, or all without a selection, so many frames on; Infinity: to the end. */
  readonly fill: (method: FillMethod, frames: number) => void
  /** Fills what lies between the keyframes of the selected objects, which are joined to a track first. */
  readonly interpolate: () => void
  readonly join: () => void
  readonly keep: () => void
}

const controls = new WeakMap<EditorSession, SequenceControl>()

export const sequenceOf = (session: EditorSession): SequenceControl | undefined => controls.get(session)

/** Returns what takes it away again. */
export function offerSequence(session: EditorSession, control: SequenceControl): () => void {
  controls.set(session, control)
  return () => {
    if (controls.get(session) === control) controls.delete(session)
  }
}
