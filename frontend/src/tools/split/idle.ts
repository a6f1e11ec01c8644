/** Split: waiting for the line to begin. */
import type { ToolContext, ToolState } from '../context'
import type { PointerInput } from '../events'
import { SplitDrawing } from './drawing'

export class SplitIdle implements ToolState {
  constructor(private readonly context: ToolContext) {}

  enter(): void {
    this.context.show({ cursor: 'crosshair' })
  }

  pointer(input: PointerInput): ToolState {
    if (input.type !== 'down' || input.button !== 0) return this
    return new SplitDrawing(this.context, this, input)
  }

  cancel(): ToolState {
    return this
  }
}
