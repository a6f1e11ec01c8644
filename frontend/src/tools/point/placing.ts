/** Point: the button is down and the point goes with the pointer, so that it can be put exactly; a release places it. */
import type { AnnotationRecord } from '@/core/document'

import { commit, select, settle, type ToolContext, type ToolState } from '../context'
import type { PointerInput } from '../events'

export class PointPlacing implements ToolState {
  private record: AnnotationRecord

  constructor(
    private readonly context: ToolContext,
    private readonly back: ToolState,
    start: PointerInput,
    private readonly withPoint: (x: number, y: number) => AnnotationRecord,
  ) {
    this.record = this.at(start)
  }

  enter(): void {
    this.present()
  }

  pointer(input: PointerInput): ToolState {
    if (input.type === 'down') return this
    this.record = this.at(input)
    if (input.type === 'move') {
      this.present()
      return this
    }
    const { record, context } = this
    if (commit(context, 'point', (transaction) => transaction.put(record))) select(context, [record.id])
    return this.back
  }

  cancel(): ToolState {
    return this.back
  }

  private at(input: PointerInput): AnnotationRecord {
    const { x, y } = settle(this.context, input.image)
    return this.withPoint(x, y)
  }

  private present(): void {
    this.context.show({ cursor: 'crosshair', records: [this.record] })
  }
}
