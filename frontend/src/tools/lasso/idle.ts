/**
 * Lasso: waiting for the first point of an outline that is filled into the selected mask, or into a new one. With Alt
 * it is taken away from the selected object, or from the one under the pointer.
 */
import { hitObject, select, selected, settle, type ToolContext, type ToolState } from '../context'
import { beginStroke } from '../brush/target'
import type { PointerInput } from '../events'
import { LassoDrawing } from './drawing'

export class LassoIdle implements ToolState {
  constructor(private readonly context: ToolContext) {}

  enter(): void {
    this.context.show({ cursor: 'crosshair' })
  }

  pointer(input: PointerInput): ToolState {
    if (input.type !== 'down' || input.button !== 0) return this
    const { context } = this
    if (input.alt && selected(context).length === 0) {
      const hit = hitObject(context, input.image)
      if (hit) select(context, [hit.id])
    }
    const target = beginStroke(context, input.alt)
    if ('refused' in target) {
      context.hint({ key: target.refused, tone: 'warning' })
      return this
    }
    return new LassoDrawing(context, this, target, settle(context, input.image), input)
  }

  cancel(): ToolState {
    return this
  }
}
