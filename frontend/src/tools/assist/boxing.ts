/** A box from press to release, within the image; what it is for is the caller's. */
import type { ImagePoint, Rect } from '@/core/points'

import { DRAG_FROM, settle, type ToolContext, type ToolState } from '../context'
import type { PointerInput } from '../events'

export interface Boxed {
  /** The box, or null for a press without a drag. */
  done(box: Rect | null): ToolState
  back: ToolState
}

export class Boxing implements ToolState {
  private to: ImagePoint

  constructor(
    private readonly context: ToolContext,
    private readonly from: PointerInput,
    private readonly boxed: Boxed,
  ) {
    this.to = from.image
  }

  enter(): void {
    this.context.show({ cursor: 'crosshair', marquee: this.box() })
  }

  pointer(input: PointerInput): ToolState {
    if (input.type === 'down') return this
    this.to = input.image
    if (input.type === 'up') return this.boxed.done(this.isDrag() ? this.box() : null)
    this.enter()
    return this
  }

  cancel(): ToolState {
    return this.boxed.back
  }

  private isDrag(): boolean {
    const reached = DRAG_FROM / this.context.view().scale
    const { x0, y0, x1, y1 } = this.box()
    return x1 - x0 >= Math.max(1, reached) && y1 - y0 >= Math.max(1, reached)
  }

  private box(): Rect {
    const a = settle(this.context, this.from.image)
    const b = settle(this.context, this.to)
    return {
      x0: Math.min(a.x, b.x),
      y0: Math.min(a.y, b.y),
      x1: Math.max(a.x, b.x),
      y1: Math.max(a.y, b.y),
    }
  }
}
