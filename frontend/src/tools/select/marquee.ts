/** Select: a rectangle is being drawn; at the release it selects what lies wholly inside (Shift adds to the selection). */
import type { Rect } from '@/core/points'
import { bboxOf } from '@/core/shapes'

import { select, type ToolContext, type ToolState, touchable } from '../context'
import type { PointerInput } from '../events'

export function rectBetween(a: { x: number; y: number }, b: { x: number; y: number }): Rect {
  return { x0: Math.min(a.x, b.x), y0: Math.min(a.y, b.y), x1: Math.max(a.x, b.x), y1: Math.max(a.y, b.y) }
}

export class Marquee implements ToolState {
  constructor(
    private readonly context: ToolContext,
    private readonly back: ToolState,
    private readonly start: PointerInput,
  ) {}

  pointer(input: PointerInput): ToolState {
    const rect = rectBetween(this.start.image, input.image)
    if (input.type !== 'up') {
      this.context.show({ marquee: rect, cursor: 'crosshair' })
      return this
    }
    const inside = this.context.index.queryOrdered(rect).filter((record) => {
      const box = bboxOf(record)
      const held = box.x0 >= rect.x0 && box.y0 >= rect.y0 && box.x1 <= rect.x1 && box.y1 <= rect.y1
      return held && touchable(this.context, record)
    })
    const before = this.start.shift ? this.context.state.get().selection : []
    select(this.context, [...before, ...inside.map((record) => record.id)])
    return this.back
  }

  cancel(): ToolState {
    return this.back
  }
}
