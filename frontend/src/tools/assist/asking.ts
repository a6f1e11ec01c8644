/**
 * One conversation with the assist service: a newer question replaces the older one, whose answer is never seen.
 * Owns what is under way only; what is asked and what becomes of the answer is the tool's.
 */
import { type AssistAnswer, AssistFailure, type AssistQuestion, type AssistReason } from '@/core/assist'

import type { AssistService } from './service'

export interface Listener {
  answered(answer: AssistAnswer, question: AssistQuestion): void
  failed(reason: AssistReason): void
}

export class Asking {
  private running: AbortController | null = null
  /** The newest question of a drag, asked when the one under way is answered. */
  private waiting: AssistQuestion | null = null

  constructor(
    private readonly service: AssistService,
    private readonly listener: Listener,
  ) {}

  get busy(): boolean {
    return this.running !== null
  }

  /** Aborts what is under way and asks this. */
  ask(question: AssistQuestion): void {
    this.stop()
    this.run(question)
  }

  /**
   * Asks this as soon as what is under way is answered, in place of what else was waiting: for questions that change
   * with every move of a drag, of which the server should see no more than it can answer.
   */
  askLive(question: AssistQuestion): void {
    if (this.running) this.waiting = question
    else this.run(question)
  }

  stop(): void {
    this.waiting = null
    const { running } = this
    this.running = null
    running?.abort()
  }

  private run(question: AssistQuestion): void {
    const controller = new AbortController()
    this.running = controller
    const mine = () => this.running === controller
    this.service.ask(question, controller.signal).then(
      (answer) => mine() && this.settled(() => this.listener.answered(answer, question)),
      (error: unknown) => mine() && this.settled(() => this.listener.failed(reasonOf(error))),
    )
  }

  private settled(tell: () => void): void {
    this.running = null
    const next = this.waiting
    this.waiting = null
    if (next) this.run(next)
    tell()
  }
}

function reasonOf(error: unknown): AssistReason {
  if (error instanceof AssistFailure) return error.reason
  throw error
}
