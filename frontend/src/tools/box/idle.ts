/** Box: waiting for the first corner. */
import { classInHand, settle, type ToolContext, type ToolState } from '../context'
import type { PointerInput } from '../events'
import { BoxDragging } from './dragging'

export class BoxIdle implements ToolState {
  constructor(private readonly context: ToolContext) {}

  enter(): void {
    this.context.show({ cursor: 'crosshair' })
  }

  pointer(input: PointerInput): ToolState {
    if (input.type !== 'down' || input.button !== 0) return this
    const activeClass = classInHand(this.context)
    if (activeClass === null) return this
    return new BoxDragging(this.context, this, settle(this.context, input.image), activeClass)
  }

  cancel(): ToolState {
    return this
  }
}
