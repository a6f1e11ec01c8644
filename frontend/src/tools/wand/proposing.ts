/** Seeds and what grows from them. A click begins anew, with Shift it adds a seed, with Alt one off the object. */
import { type AssistAnswer, type AssistQuestion, LONGEST } from '@/core/assist'
import { type DraftMarks, NO_MARKS } from '@/core/draft'
import type { ImagePoint, Rect } from '@/core/points'

import { mayBegin } from '../assist/begin'
import { Proposing } from '../assist/proposing'
import { regionAround, regionHolding, regionOfView, sideAt } from '../assist/region'
import type { ToolContext, ToolState } from '../context'
import type { PointerInput } from '../events'
import { SeedDragging } from './dragging'
import type { SeedPlan } from './plan'

interface Seed {
  readonly at: ImagePoint
  readonly adds: boolean
}

export class SeedProposing extends Proposing {
  private seeds: readonly Seed[] = []
  /** The region in which the last answer was whole, so that the next question does not begin small again. */
  private reached: Rect | null = null

  constructor(
    context: ToolContext,
    back: ToolState,
    private readonly plan: SeedPlan,
  ) {
    super(context, back, plan.name)
  }

  /** A press sets a seed; dragging on from it changes the tolerance. */
  press(input: PointerInput): ToolState {
    const { marking } = this.context.state.get()
    const takes = this.plan.takesNegative && (input.alt || marking === 'remove')
    const keeps = this.seeds.length > 0 && (takes || input.shift || marking === 'add')
    if (!keeps) [this.seeds, this.reached] = [[], null]
    if (takes && this.seeds.length === 0) this.hint('seedFirst', 'info')
    this.seeds = [...this.seeds, { at: input.image, adds: !takes || this.seeds.length === 0 }]
    return new SeedDragging(this.context, this, { from: input, change: this.plan.drag(this.context) })
  }

  pointer(input: PointerInput): ToolState {
    if (input.type !== 'down' || input.button !== 0 || !mayBegin(this.context, input)) return this
    const next = this.press(input)
    this.ask()
    return next
  }

  protected override get marks(): DraftMarks {
    const at = (adds: boolean) => this.seeds.filter((seed) => seed.adds === adds).map((seed) => seed.at)
    return { ...NO_MARKS, positive: at(true), negative: at(false) }
  }

  protected override get widens(): boolean {
    return !this.plan.seesAll(this.context)
  }

  protected question(): AssistQuestion | null {
    const { positive, negative } = this.marks
    if (positive.length === 0) return null
    const { method } = this.plan
    return {
      method,
      region: this.region(),
      parameters: this.plan.parameters(this.context),
      positive,
      negative,
    }
  }

  protected dropMark(): boolean {
    this.seeds = this.seeds.slice(0, -1)
    return this.seeds.some((seed) => seed.adds)
  }

  protected override received(answer: AssistAnswer, question: AssistQuestion): void {
    super.received(answer, question)
    this.reached = question.region
  }

  private region(): Rect {
    const { context } = this
    const longest = LONGEST[this.plan.method]
    const view = context.view()
    const points = this.seeds.map((seed) => seed.at)
    const whole = this.plan.seesAll(context) ? regionOfView(view, longest, context) : null
    const first = regionAround(points[0]!, sideAt(view, longest), context)
    return regionHolding(whole ?? this.reached ?? first, points)
  }
}
