/** What answers clicks. The tool knows this interface only; `sync/clicks.ts` asks the server. */
import type { ClickAnswer, ClickModel, ClickQuestion, ClickWait } from '@/core/clicks'
import type { Rect } from '@/core/points'

/** Told how far the image is, as long as it is not ready. */
export type OnWait = (wait: ClickWait) => void

/** All reject with AssistFailure, or (after an abort) with anything, which nobody reads. */
export interface ClickService {
  models(signal: AbortSignal): Promise<readonly ClickModel[]>
  /** Resolves with the window for what is seen once it is ready. */
  prepare(model: string | null, seen: Rect, onWait: OnWait, signal: AbortSignal): Promise<Rect>
  /** Answers as soon as the image is ready. */
  ask(question: ClickQuestion, onWait: OnWait, signal: AbortSignal): Promise<ClickAnswer>
  /** Answers when the pointer has rested for a moment, and only if the image is ready: else null. */
  glance(question: ClickQuestion, signal: AbortSignal): Promise<ClickAnswer | null>
}
