/** What answers an assist's questions. A tool knows this interface only; `sync/assists.ts` asks the server. */
import type { AssistAnswer, AssistQuestion } from '@/core/assist'

export interface AssistService {
  /** Rejects with AssistFailure, or (after an abort) with anything, which nobody reads. */
  ask(question: AssistQuestion, signal: AbortSignal): Promise<AssistAnswer>
}
