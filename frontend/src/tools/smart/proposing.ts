/** The object cut out of a box; strokes over it and over what is not correct the cut. */
import type { AssistQuestion } from '@/core/assist'
import type { DraftMarks, DraftStroke } from '@/core/draft'
import type { Rect } from '@/core/points'
import { unionRect } from '@/core/points'

import { adds } from '../assist/begin'
import { Proposing } from '../assist/proposing'
import { regionWithMargin } from '../assist/region'
import { boundsOf, Stroking } from '../assist/stroking'
import type { ToolContext, ToolState } from '../context'
import type { PointerInput } from '../events'

export class SmartProposing extends Proposing {
  private strokes: readonly DraftStroke[] = []
  private drawing: DraftStroke | null = null

  constructor(
    context: ToolContext,
    back: ToolState,
    private readonly box: Rect,
  ) {
    super(context, back, 'smart')
  }

  override enter(): void {
    this.drawing = null
    super.enter()
  }

  pointer(input: PointerInput): ToolState {
    if (input.type !== 'down' || input.button !== 0) return this
    return new Stroking(this.context, input, {
      adds: adds(this.context, input),
      back: this,
      show: (stroke) => {
        this.drawing = stroke
        this.present()
      },
      done: (stroke) => {
        this.strokes = [...this.strokes, stroke]
        this.drawing = null
        this.ask()
        return this
      },
    })
  }

  protected override get marks(): DraftMarks {
    const strokes = this.drawing ? [...this.strokes, this.drawing] : this.strokes
    return { positive: [], negative: [], strokes, box: this.box }
  }

  protected question(): AssistQuestion {
    const { context, box, strokes } = this
    const bounds = unionRect(regionWithMargin(box, context), boundsOf(strokes))!
    const region = {
      x0: Math.max(0, Math.floor(bounds.x0)),
      y0: Math.max(0, Math.floor(bounds.y0)),
      x1: Math.min(context.width, Math.ceil(bounds.x1)),
      y1: Math.min(context.height, Math.ceil(bounds.y1)),
    }
    const { core, iterations } = context.state.get().assists.smart
    return { method: 'grabcut', region, parameters: { core, iterations }, strokes, box }
  }

  protected dropMark(): boolean {
    if (this.strokes.length === 0) return false
    this.strokes = this.strokes.slice(0, -1)
    return true
  }
}
