/**
 * What of working together is on screen in an open editor: who else is here, which comment is open or being placed,
 * which earlier state is looked at, which two states are compared. Plain data with a subscription; panels and the
 * stage follow it. Owns no requests.
 */
import type { Other } from '@/sync/togetherApi'
import { Observable } from '@/tools/editorState'

/** One state of one of the image's documents; `revision` null is now. */
export interface Source {
  readonly document: string
  readonly revision: number | null
}

export interface Preview {
  readonly revision: number
  readonly created: string
  readonly author: string
}

export type CompareMode = 'overlay' | 'swipe' | 'side'

export interface Compared {
  readonly left: Source
  readonly right: Source
  readonly mode: CompareMode
  /** Where the swipe's edge lies, 0..1 of the stage. */
  readonly edge: number
}

/** A comment that is being written: on the whole image, at a point, or on an object. */
export interface CommentDraft {
  readonly point: readonly [number, number] | null
  readonly object: string | null
}

export interface TogetherState {
  readonly others: readonly Other[]
  /** From the heartbeat; null before the first answer. */
  readonly openComments: number | null
  /** Another text whenever a comment came, went or changed. */
  readonly mark: string
  /** The next click on the canvas says where a comment goes. */
  readonly placing: boolean
  readonly draft: CommentDraft | null
  /** The thread that is open in the panel and marked on the canvas. */
  readonly thread: string | null
  readonly preview: Preview | null
  readonly compared: Compared | null
}

export const ALONE: TogetherState = {
  others: [],
  openComments: null,
  mark: '',
  placing: false,
  draft: null,
  thread: null,
  preview: null,
  compared: null,
}

export type Together = Observable<TogetherState>

export function newTogether(): Together {
  return new Observable<TogetherState>(ALONE)
}

/** Whether the stage shows something else than the document as it is: nothing can be drawn then. */
export function isAside({ preview, compared }: TogetherState): boolean {
  return preview !== null || compared !== null
}
