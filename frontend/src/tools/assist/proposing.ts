/**
 * The state that all assists share: a question under way or answered, its proposal on screen, and what accepts or
 * drops it. Enter accepts (Shift adds to the selected object, Alt takes from it) or, after a failure, asks again;
 * Backspace and undo take the last mark back; Esc drops. A tool's own state says what it asks and which marks it takes.
 */
import { type AssistAnswer, type AssistQuestion, type AssistReason, LONGEST } from '@/core/assist'
import type { MaskGeometry } from '@/core/document'
import { type DraftMarks, NO_MARKS } from '@/core/draft'

import type { ToolContext, ToolState } from '../context'
import type { KeyInput, PointerInput } from '../events'
import { acceptProposal, type ProposalUse, useOf as proposalUse } from '../proposal'
import { Asking } from './asking'
import { isCoarse, isCut, widened } from './region'
import type { AssistSettings } from './settings'

export abstract class Proposing implements ToolState {
  /** The last answer; older than the marks while `asking` is busy. */
  protected answer: AssistAnswer | null = null
  protected readonly asking: Asking
  private failure: AssistReason | null = null
  private coarse = false
  private askedWith: unknown = null

  constructor(
    protected readonly context: ToolContext,
    protected readonly back: ToolState,
    protected readonly name: keyof AssistSettings,
  ) {
    this.asking = new Asking(context.assists, {
      answered: (answer, question) => this.answered(answer, question),
      failed: (reason) => this.failed(reason),
    })
  }

  /** What is asked now; null: the marks are not enough yet. */
  protected abstract question(): AssistQuestion | null
  /** Takes the last mark back; false when there was none, or none is left. */
  protected abstract dropMark(): boolean
  abstract pointer(input: PointerInput): ToolState

  protected get marks(): DraftMarks {
    return NO_MARKS
  }

  protected get mask(): MaskGeometry | null {
    return this.answer?.mask ?? null
  }

  protected get segments(): Float32Array | null {
    return null
  }

  /** A proposal that ends only where the region does is asked for again in a larger one. */
  protected get widens(): boolean {
    return false
  }

  protected get replaces(): boolean {
    return false
  }

  /** A setting was changed: asks again, while a slider moves no faster than answers come. */
  enter(): void {
    const settings = this.context.state.get().assists[this.name]
    if (settings === this.askedWith) return this.present()
    this.ask(this.askedWith === null ? 'now' : 'live')
  }

  ask(how: 'now' | 'live' = 'now'): void {
    this.failure = null
    this.context.hint(null)
    this.askedWith = this.context.state.get().assists[this.name]
    const question = this.question()
    if (!question) this.asking.stop()
    else if (how === 'live') this.asking.askLive(question)
    else this.asking.ask(question)
    if (!question) this.answer = null
    this.present()
  }

  key(input: KeyInput): ToolState | null {
    if (input.mod) return null
    if (input.key === 'Enter') return this.enterKey(proposalUse(input))
    if (input.key === 'Backspace') return this.undoMark() ?? this
    return null
  }

  undoMark(): ToolState | null {
    if (!this.dropMark()) return this.cancel()
    this.ask()
    return this
  }

  cancel(): ToolState {
    this.asking.stop()
    this.context.state.set({ proposal: null })
    return this.back
  }

  /** A second finger came down: what was proposed stays. */
  lost(): ToolState {
    return this
  }

  /** Shows the marks and the newest proposal. */
  present(): void {
    const { activeClass } = this.context.state.get()
    const busy = this.asking.busy
    this.context.show({
      cursor: 'crosshair',
      preview: {
        mask: this.mask,
        classIndex: activeClass ?? 0,
        marks: this.marks,
        segments: this.segments,
        busy,
      },
    })
    this.context.state.set({
      proposal: {
        busy,
        ready: this.failure === null && (this.mask?.width ?? 0) > 0,
        failure: this.failure,
        coarse: this.coarse,
        histogram: this.answer?.histogram ?? null,
        replaces: this.replaces,
      },
    })
  }

  protected accept(use: ProposalUse): boolean {
    const { mask } = this
    return mask !== null && acceptProposal(this.context, mask, { label: this.name, use })
  }

  /** What follows an accepted proposal. */
  protected accepted(): ToolState {
    return this.cancel()
  }

  /** Called with every answer, before it is shown. */
  protected received(answer: AssistAnswer, _question: AssistQuestion): void {
    if (answer.mask.width === 0 && !this.asking.busy) this.hint('nothing')
  }

  protected hint(key: string, tone: 'info' | 'warning' = 'warning'): void {
    this.context.hint({ key: `assists:hint.${key}`, tone })
  }

  private enterKey(use: ProposalUse): ToolState {
    if (this.failure !== null) {
      this.ask()
      return this
    }
    if (this.asking.busy || this.mask === null) {
      this.hint(this.asking.busy ? 'wait' : 'markFirst', 'info')
      return this
    }
    return this.accept(use) ? this.accepted() : this
  }

  private answered(answer: AssistAnswer, question: AssistQuestion): void {
    const longest = LONGEST[question.method]
    this.answer = answer
    this.coarse = isCoarse(question.region, longest)
    this.received(answer, question)
    const wider =
      this.widens && !this.asking.busy && isCut(answer.mask, question.region, this.context)
        ? widened(question.region, longest, this.context)
        : null
    if (wider) this.asking.ask({ ...question, region: wider })
    this.present()
  }

  private failed(reason: AssistReason): void {
    this.failure = reason
    this.hint(reason)
    this.present()
  }
}
