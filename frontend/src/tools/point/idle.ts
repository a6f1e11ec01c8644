/** Point: waiting for a press. With Shift the point joins the selected point object. */
import { newRecord, withGeometry } from '@/core/document'

import { classInHand, selected, type ToolContext, type ToolState } from '../context'
import type { PointerInput } from '../events'
import { PointPlacing } from './placing'

export class PointIdle implements ToolState {
  constructor(private readonly context: ToolContext) {}

  enter(): void {
    this.context.show({ cursor: 'crosshair' })
  }

  pointer(input: PointerInput): ToolState {
    if (input.type !== 'down' || input.button !== 0) return this
    const [record, more] = selected(this.context)
    if (input.shift && record?.kind === 'point' && !more) {
      const { points } = record
      return new PointPlacing(this.context, this, input, (x, y) =>
        withGeometry(record, { kind: 'point', points: Float32Array.of(...points, x, y) }),
      )
    }
    const activeClass = classInHand(this.context)
    if (activeClass === null) return this
    const fields = { id: this.context.newId(), classIndex: activeClass }
    return new PointPlacing(this.context, this, input, (x, y) =>
      newRecord(fields, { kind: 'point', points: Float32Array.of(x, y) }),
    )
  }

  cancel(): ToolState {
    return this
  }
}
