/** Watershed, before the first stroke: a press begins it. */
import { mayBegin } from '../assist/begin'
import type { ToolContext, ToolState } from '../context'
import type { PointerInput } from '../events'
import { WatershedProposing } from './proposing'

export class WatershedIdle implements ToolState {
  constructor(private readonly context: ToolContext) {}

  enter(): void {
    this.context.show({ cursor: 'crosshair' })
  }

  pointer(input: PointerInput): ToolState {
    if (input.type !== 'down' || input.button !== 0 || !mayBegin(this.context, input)) return this
    return new WatershedProposing(this.context, this).pointer(input)
  }

  cancel(): ToolState {
    return this
  }
}
