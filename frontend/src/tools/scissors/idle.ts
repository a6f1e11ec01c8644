/** Scissors: waiting for the first anchor, which goes to the strongest edge nearby (not with Ctrl or Shift). */
import { classInHand, settle, type ToolContext, type ToolState } from '../context'
import type { PointerInput } from '../events'
import { ScissorsDrawing } from './drawing'

export class ScissorsIdle implements ToolState {
  constructor(private readonly context: ToolContext) {}

  enter(): void {
    this.context.show({ cursor: 'crosshair' })
  }

  pointer(input: PointerInput): ToolState {
    if (input.type !== 'down' || input.button !== 0) return this
    const activeClass = classInHand(this.context)
    if (activeClass === null) return this
    const start = settle(this.context, input.image)
    return new ScissorsDrawing(this.context, this, { start, classIndex: activeClass, input })
  }

  cancel(): ToolState {
    return this
  }
}
