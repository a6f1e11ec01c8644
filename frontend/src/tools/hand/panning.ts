/** Hand: the image follows the pointer. */
import type { ScreenPoint } from '@/core/points'
import { pan } from '@/core/viewport'

import type { ToolContext, ToolState } from '../context'
import type { PointerInput } from '../events'

export class Panning implements ToolState {
  private last: ScreenPoint

  constructor(
    private readonly context: ToolContext,
    private readonly back: ToolState,
    start: PointerInput,
  ) {
    this.last = start.screen
  }

  enter(): void {
    this.context.show({ cursor: 'grabbing' })
  }

  pointer(input: PointerInput): ToolState {
    if (input.type === 'up') return this.back
    const { x, y } = input.screen
    this.context.setView(pan(this.context.view(), x - this.last.x, y - this.last.y))
    this.last = input.screen
    return this
  }

  cancel(): ToolState {
    return this.back
  }
}
