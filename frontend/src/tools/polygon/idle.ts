/** Polygon: waiting for the first point. With Alt, or the hole switch on, the ring will cut the selected object. */
import { selected, settle, type ToolContext, type ToolState } from '../context'
import type { PointerInput } from '../events'
import { PolygonDrawing } from './drawing'

export class PolygonIdle implements ToolState {
  constructor(private readonly context: ToolContext) {}

  enter(): void {
    this.context.show({ cursor: 'crosshair' })
  }

  pointer(input: PointerInput): ToolState {
    if (input.type !== 'down' || input.button !== 0) return this
    const { activeClass, cutsHole } = this.context.state.get()
    const start = settle(this.context, input.image)
    if (input.alt || cutsHole) {
      const target = selected(this.context).find(
        (record) => record.kind !== 'polyline' && record.kind !== 'point',
      )
      if (!target) {
        this.context.hint({ key: 'hint.holeNeedsSelection', tone: 'warning' })
        return this
      }
      return new PolygonDrawing(this.context, this, { start, classIndex: target.classIndex, cuts: target.id })
    }
    if (activeClass === null) {
      this.context.hint({ key: 'hint.noClass', tone: 'warning' })
      return this
    }
    return new PolygonDrawing(this.context, this, { start, classIndex: activeClass, cuts: null })
  }

  cancel(): ToolState {
    return this
  }
}
