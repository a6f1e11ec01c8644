/** A seed was just set: dragging to the right widens the tolerance, to the left narrows it, and the proposal follows. */
import { DRAG_FROM, type ToolState } from '../context'
import type { ToolContext } from '../context'
import type { PointerInput } from '../events'

interface Drag {
  readonly from: PointerInput
  /** Sets the tolerance for this distance, CSS pixels. */
  readonly change: (distance: number) => void
}

export class SeedDragging implements ToolState {
  private dragged = false

  constructor(
    private readonly context: ToolContext,
    private readonly proposing: ToolState,
    private readonly drag: Drag,
  ) {}

  enter(): void {
    this.proposing.enter?.()
  }

  pointer(input: PointerInput): ToolState {
    if (input.type === 'down') return this
    const distance = input.screen.x - this.drag.from.screen.x
    if (Math.abs(distance) >= DRAG_FROM) this.dragged = true
    if (this.dragged) {
      const before = this.context.state.get().assists
      this.drag.change(distance)
      if (this.context.state.get().assists !== before) this.enter()
    }
    return input.type === 'up' ? this.proposing : this
  }

  cancel(): ToolState {
    return this.proposing.cancel()
  }

  lost(): ToolState {
    return this.proposing
  }
}
