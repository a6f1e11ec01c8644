/** Magic wand and region growing, before the first seed: a press sets it. */
import { mayBegin } from '../assist/begin'
import type { ToolContext, ToolState } from '../context'
import type { PointerInput } from '../events'
import type { SeedPlan } from './plan'
import { SeedProposing } from './proposing'

export class SeedIdle implements ToolState {
  constructor(
    private readonly context: ToolContext,
    private readonly plan: SeedPlan,
  ) {}

  enter(): void {
    this.context.show({ cursor: 'crosshair' })
  }

  pointer(input: PointerInput): ToolState {
    if (input.type !== 'down' || input.button !== 0 || !mayBegin(this.context, input)) return this
    return new SeedProposing(this.context, this, this.plan).press(input)
  }

  cancel(): ToolState {
    return this
  }
}
