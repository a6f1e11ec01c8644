/** Strokes over the object and over what surrounds it; water rises from both until it meets at the edges. */
import { type AssistAnswer, type AssistQuestion, LONGEST } from '@/core/assist'
import { type DraftMarks, type DraftStroke, NO_MARKS } from '@/core/draft'
import { type Rect, unionRect } from '@/core/points'

import { adds } from '../assist/begin'
import { Proposing } from '../assist/proposing'
import { regionWithMargin } from '../assist/region'
import { boundsOf, Stroking } from '../assist/stroking'
import type { ToolContext, ToolState } from '../context'
import type { PointerInput } from '../events'

export class WatershedProposing extends Proposing {
  private strokes: readonly DraftStroke[] = []
  private drawing: DraftStroke | null = null
  /** The region in which the last answer was whole. */
  private reached: Rect | null = null

  constructor(context: ToolContext, back: ToolState) {
    super(context, back, 'watershed')
  }

  override enter(): void {
    this.drawing = null
    super.enter()
  }

  pointer(input: PointerInput): ToolState {
    if (input.type !== 'down' || input.button !== 0) return this
    return new Stroking(this.context, input, {
      adds: adds(this.context, input),
      back: this.strokes.length > 0 ? this : this.back,
      show: (stroke) => {
        this.drawing = stroke
        this.present()
      },
      done: (stroke) => {
        this.strokes = [...this.strokes, stroke]
        this.drawing = null
        this.ask()
        if (!this.hasBoth()) this.hint(stroke.adds ? 'markBackground' : 'markObject', 'info')
        return this
      },
    })
  }

  protected override get marks(): DraftMarks {
    return { ...NO_MARKS, strokes: this.drawing ? [...this.strokes, this.drawing] : this.strokes }
  }

  protected override get widens(): boolean {
    return true
  }

  protected question(): AssistQuestion | null {
    if (!this.hasBoth()) return null
    const { context, strokes } = this
    const marked = regionWithMargin(boundsOf(strokes)!, context)
    const region = unionRect(marked, this.reached)!
    const { smoothing } = context.state.get().assists.watershed
    return { method: 'watershed', region, parameters: { smoothing }, strokes }
  }

  protected override received(answer: AssistAnswer, question: AssistQuestion): void {
    super.received(answer, question)
    const { x0, y0, x1, y1 } = question.region
    if (Math.max(x1 - x0, y1 - y0) <= LONGEST.watershed) this.reached = question.region
  }

  protected dropMark(): boolean {
    this.strokes = this.strokes.slice(0, -1)
    return this.strokes.length > 0
  }

  private hasBoth(): boolean {
    return this.strokes.some((stroke) => stroke.adds) && this.strokes.some((stroke) => !stroke.adds)
  }
}
