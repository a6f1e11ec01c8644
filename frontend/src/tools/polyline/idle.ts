/** Polyline: waiting for the first point. A press on the end of a line goes on with that line. */
import { isLine, type LineEnd, nearestLineEnd } from './lineEnd'
import { classInHand, selected, settle, type ToolContext, type ToolState, touchable } from '../context'
import type { PointerInput } from '../events'
import { PolylineDrawing } from './drawing'

export class PolylineIdle implements ToolState {
  constructor(private readonly context: ToolContext) {}

  enter(): void {
    this.present(null)
  }

  pointer(input: PointerInput): ToolState {
    const end = this.endAt(input)
    if (input.type === 'move') this.present(end)
    if (input.type !== 'down' || input.button !== 0) return this
    if (end) return PolylineDrawing.goingOn(this.context, this, end, input)
    const activeClass = classInHand(this.context)
    if (activeClass === null) return this
    const plan = { classIndex: activeClass, continues: null }
    return PolylineDrawing.from(this.context, this, plan, settle(this.context, input.image), input)
  }

  cancel(): ToolState {
    return this
  }

  /** The end of a line under the pointer: the selected line's rather than another's. */
  private endAt(input: PointerInput): LineEnd | null {
    const { context } = this
    const own = selected(context).filter(isLine)
    const found = nearestLineEnd(context, own, input.image)
    if (found) return found
    const around = context.index.query({
      x0: input.image.x - 20 / context.view().scale,
      y0: input.image.y - 20 / context.view().scale,
      x1: input.image.x + 20 / context.view().scale,
      y1: input.image.y + 20 / context.view().scale,
    })
    return nearestLineEnd(
      context,
      around.filter((record) => touchable(context, record)).filter(isLine),
      input.image,
    )
  }

  private present(end: LineEnd | null): void {
    if (!end) return this.context.show({ cursor: 'crosshair' })
    const vertex = end.atStart ? 0 : end.record.points.length / 2 - 1
    const hover = { kind: 'vertex' as const, polygon: 0, ring: 0, vertex, point: end.point, distance: 0 }
    this.context.show({ cursor: 'copy', handles: { record: end.record, selected: [], hover } })
  }
}
