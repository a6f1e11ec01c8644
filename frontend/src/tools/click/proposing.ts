/**
 * The marks of one object and what the model makes of them. A click adds, Alt or the right button takes away; a drag
 * draws a box (Shift: a stroke). Enter accepts (Shift adds to the selected object, Alt takes from it), Backspace and
 * undo take the last mark back, Esc drops. The next click after accepting begins the next object.
 */
import { AssistFailure, type AssistReason } from '@/core/assist'
import type { ClickAnswer, ClickQuestion } from '@/core/clicks'
import type { MaskGeometry } from '@/core/document'
import type { DraftStroke } from '@/core/draft'
import { distance, imagePoint, type Rect, unionRect } from '@/core/points'

import { adds, mayBegin } from '../assist/begin'
import { Boxing } from '../assist/boxing'
import { Stroking } from '../assist/stroking'
import { DRAG_FROM, reach, settle, type ToolContext, type ToolState } from '../context'
import type { KeyInput, PointerInput } from '../events'
import { acceptProposal, type ProposalUse, useOf as proposalUse } from '../proposal'
import { boundsOfMarks, draftMarks, type Mark } from './marks'
import { type Readiness, seenOf } from './readiness'

interface Beginning {
  readonly readiness: Readiness
  /** The object that is refined, as it was; null: a new one. */
  readonly record: { readonly id: string; readonly mask: MaskGeometry } | null
}

export class ClickProposing implements ToolState {
  private marks: readonly Mark[] = []
  /** The answers to the first n marks, as far as they came. */
  private answers = new Map<number, ClickAnswer>()
  private drawing: DraftStroke | null = null
  private running: AbortController | null = null
  private failure: AssistReason | null = null
  private model: string

  constructor(
    private readonly context: ToolContext,
    private readonly back: ToolState,
    private readonly begun: Beginning,
  ) {
    this.model = context.state.get().click.model
  }

  enter(): void {
    this.drawing = null
    const { model } = this.context.state.get().click
    if (model !== this.model) this.useModel(model)
    this.present()
  }

  pointer(input: PointerInput): ToolState {
    if (input.type !== 'down' || input.button === 1 || !mayBegin(this.context, input)) return this
    const positive = input.button !== 2 && adds(this.context, input)
    const strokes = (this.context.state.get().click.drag === 'stroke') !== input.shift
    return strokes || !positive ? this.stroke(input, positive) : this.boxOrPoint(input)
  }

  key(input: KeyInput): ToolState | null {
    if (input.mod) return null
    if (input.key === 'Enter') return this.enterKey(proposalUse(input))
    if (input.key === 'Backspace') return this.undoMark()
    return null
  }

  undoMark(): ToolState {
    if (this.marks.length <= (this.begun.record ? 0 : 1)) return this.cancel()
    this.answers.delete(this.marks.length)
    this.marks = this.marks.slice(0, -1)
    if (this.marks.length === 0 || this.answers.has(this.marks.length)) this.stop()
    else this.ask()
    this.failure = null
    this.present()
    return this
  }

  cancel(): ToolState {
    this.stop()
    this.context.state.set({ proposal: null })
    return this.back
  }

  /** A second finger came down: what was proposed stays. */
  lost(): ToolState {
    this.drawing = null
    return this
  }

  private stroke(input: PointerInput, positive: boolean): ToolState {
    return new Stroking(this.context, input, {
      adds: positive,
      back: this,
      show: (stroke) => {
        this.drawing = stroke
        this.present()
      },
      done: (stroke) => {
        this.drawing = null
        return this.add(this.isDrag(stroke) ? { kind: 'stroke', stroke } : this.pointAt(input, positive))
      },
    })
  }

  private boxOrPoint(input: PointerInput): ToolState {
    return new Boxing(this.context, input, {
      back: this,
      done: (box) => this.add(box ? { kind: 'box', box } : this.pointAt(input, true)),
    })
  }

  private pointAt({ image }: PointerInput, positive: boolean): Mark {
    return { kind: 'point', at: settle(this.context, image), adds: positive }
  }

  private isDrag({ points }: DraftStroke): boolean {
    const [first, last] = [imagePoint(points[0]!, points[1]!), imagePoint(points.at(-2)!, points.at(-1)!)]
    return points.length > 4 || distance(first, last) >= reach(this.context, DRAG_FROM)
  }

  private add(mark: Mark): ToolState {
    this.marks = [...this.marks, mark]
    this.ask()
    return this
  }

  /** Another model: it knows nothing of what the last one answered. */
  private useModel(model: string): void {
    this.model = model
    this.answers = new Map()
    if (this.marks.length > 0) this.ask()
  }

  private ask(): void {
    this.stop()
    this.failure = null
    const count = this.marks.length
    const controller = new AbortController()
    this.running = controller
    const mine = () => this.running === controller
    const { readiness } = this.begun
    this.context.clicks
      .ask(this.question(), (wait) => mine() && readiness.waiting(wait), controller.signal)
      .then(
        (answer) => mine() && this.answered(answer, count),
        (error: unknown) => mine() && this.failed(error),
      )
    this.present()
  }

  private stop(): void {
    this.running?.abort()
    this.running = null
    this.begun.readiness.waiting(null)
  }

  private question(): ClickQuestion {
    const { context, marks } = this
    const bounds = boundsOfMarks(marks, context)
    const last = this.last()
    const pinned = last?.region ?? this.begun.readiness.window
    const region = pinned && bounds && contains(pinned, bounds) ? pinned : null
    const { positive, negative, strokes, box } = draftMarks(marks)
    return {
      model: this.model === '' ? null : this.model,
      region,
      seen: unionRect(seenOf(context), bounds) ?? { x0: 0, y0: 0, x1: context.width, y1: context.height },
      positive,
      negative,
      strokes,
      box,
      mask: this.begun.record?.mask ?? null,
      previous: region && last ? last.logits : null,
    }
  }

  /** The newest answer to fewer marks than there are. */
  private last(): ClickAnswer | null {
    for (let count = this.marks.length - 1; count > 0; count--) {
      const answer = this.answers.get(count)
      if (answer) return answer
    }
    return null
  }

  private get mask(): MaskGeometry | null {
    const answer = this.answers.get(this.marks.length) ?? this.last()
    return answer?.mask ?? this.begun.record?.mask ?? null
  }

  private answered(answer: ClickAnswer, count: number): void {
    this.running = null
    this.answers.set(count, answer)
    this.begun.readiness.waiting(null)
    if (answer.mask.width === 0) this.hint('assists:hint.nothing', 'warning')
    this.present()
  }

  private failed(error: unknown): void {
    this.running = null
    this.failure = error instanceof AssistFailure ? error.reason : 'refused'
    this.begun.readiness.waiting(null)
    this.hint(`assists:hint.${this.failure}`, 'warning')
    this.present()
  }

  private enterKey(use: ProposalUse): ToolState {
    if (this.failure !== null) {
      this.ask()
      return this
    }
    const { mask } = this
    if (this.running || this.marks.length === 0 || !mask) {
      this.hint(this.running ? 'assists:hint.wait' : 'assists:hint.markFirst', 'info')
      return this
    }
    const { record } = this.begun
    const how = record && use === 'new' ? { replace: record.id } : use
    return acceptProposal(this.context, mask, { label: 'click', use: how }) ? this.cancel() : this
  }

  private hint(key: string, tone: 'info' | 'warning'): void {
    this.context.hint({ key, tone })
  }

  private present(): void {
    const { activeClass } = this.context.state.get()
    const { mask, failure } = this
    const { record } = this.begun
    const busy = this.running !== null
    const classIndex = (record && this.context.store.get(record.id)?.classIndex) ?? activeClass ?? 0
    const marks = draftMarks(this.marks, this.drawing)
    this.context.show({
      cursor: 'crosshair',
      preview: { mask, classIndex, marks, segments: null, busy },
    })
    this.context.state.set({
      proposal: {
        busy,
        ready: failure === null && this.marks.length > 0 && (mask?.width ?? 0) > 0,
        failure,
        coarse: false,
        histogram: null,
        replaces: record !== null,
      },
    })
  }
}

function contains(outer: Rect, inner: Rect): boolean {
  return outer.x0 <= inner.x0 && outer.y0 <= inner.y0 && outer.x1 >= inner.x1 && outer.y1 >= inner.y1
}
