/** Box: the second corner follows the pointer. Shift makes a square, Alt draws from the centre. */
import { type AnnotationRecord, makeBox, newRecord } from '@/core/document'
import { imagePoint, type ImagePoint } from '@/core/points'

import { commit, select, settle, type ToolContext, type ToolState } from '../context'
import type { PointerInput } from '../events'

/** A box needs at least this many image pixels on each side. */
const SMALLEST = 1

export class BoxDragging implements ToolState {
  private readonly id: string

  constructor(
    private readonly context: ToolContext,
    private readonly back: ToolState,
    private readonly start: ImagePoint,
    private readonly classIndex: number,
  ) {
    this.id = context.newId()
  }

  pointer(input: PointerInput): ToolState {
    if (input.type === 'down') return this
    const record = this.recordTo(input)
    if (input.type === 'up') return this.finish(record)
    this.context.show({ cursor: 'crosshair', records: [record] })
    return this
  }

  cancel(): ToolState {
    return this.back
  }

  private recordTo(input: PointerInput): AnnotationRecord {
    const { start, context } = this
    let to = input.image
    if (input.shift) {
      const side = Math.max(Math.abs(to.x - start.x), Math.abs(to.y - start.y))
      to = imagePoint(
        start.x + Math.sign(to.x - start.x || 1) * side,
        start.y + Math.sign(to.y - start.y || 1) * side,
      )
    }
    const from = input.alt ? imagePoint(2 * start.x - to.x, 2 * start.y - to.y) : start
    const [a, b] = [settle(context, from), settle(context, to)]
    return newRecord(
      { id: this.id, classIndex: this.classIndex },
      { kind: 'box', box: makeBox(a.x, a.y, b.x, b.y) },
    )
  }

  private finish(record: AnnotationRecord): ToolState {
    const [x0, y0, x1, y1] = record.kind === 'box' ? record.box : [0, 0, 0, 0]
    if (x1 - x0 < SMALLEST || y1 - y0 < SMALLEST) return this.back
    if (commit(this.context, 'box', (transaction) => transaction.put(record)))
      select(this.context, [record.id])
    return this.back
  }
}
