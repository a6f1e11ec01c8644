/** Select: a corner of a box is being dragged. Shift keeps the box square. */
import { type AnnotationRecord, geometryOf, type RecordOf, withGeometry } from '@/core/document'
import { moveVertex } from '@/core/editing'
import type { VertexHit } from '@/core/handles'
import { imagePoint, type ImagePoint } from '@/core/points'
import { boxRing } from '@/core/raster'

import { commit, settle, type ToolContext, type ToolState } from '../context'
import type { PointerInput } from '../events'

export class Resizing implements ToolState {
  private record: AnnotationRecord

  constructor(
    private readonly context: ToolContext,
    private readonly back: ToolState,
    private readonly from: RecordOf<'box'>,
    private readonly corner: VertexHit,
  ) {
    this.record = from
  }

  pointer(input: PointerInput): ToolState {
    if (input.type === 'down') return this
    const to = settle(this.context, input.shift ? this.square(input.image) : input.image)
    const geometry = moveVertex(geometryOf(this.from), this.corner, to)
    if (geometry) this.record = withGeometry(this.from, geometry)
    if (input.type === 'up') return this.drop()
    this.context.show({
      cursor: 'resize',
      records: [this.record],
      handles: { record: this.record, selected: [], hover: null },
    })
    return this
  }

  cancel(): ToolState {
    return this.back
  }

  private drop(): ToolState {
    const [x0, y0, x1, y1] = this.record.kind === 'box' ? this.record.box : [0, 0, 0, 0]
    if (x1 - x0 < 1 || y1 - y0 < 1) {
      this.context.hint({ key: 'hint.boxTooSmall', tone: 'warning' })
      return this.back
    }
    commit(this.context, 'resize', (transaction) => transaction.put(this.record))
    return this.back
  }

  /** The point on the diagonal of a square that has the opposite corner. */
  private square(at: ImagePoint): ImagePoint {
    const ring = boxRing(this.from.box)
    const opposite = (this.corner.vertex + 2) % 4
    const [ox, oy] = [ring[2 * opposite]!, ring[2 * opposite + 1]!]
    const side = Math.max(Math.abs(at.x - ox), Math.abs(at.y - oy))
    return imagePoint(ox + Math.sign(at.x - ox || 1) * side, oy + Math.sign(at.y - oy || 1) * side)
  }
}
