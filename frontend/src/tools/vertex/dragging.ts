/** Vertex editing: one or many vertices follow the pointer; the store changes once, at the release. */
import { crossesAtVertex } from '@/core/crossings'
import { type AnnotationRecord, geometryOf, withGeometry } from '@/core/document'
import { moveVertices } from '@/core/editing'
import { sameGeometry } from '@/core/rebase'
import type { VertexHit, VertexRef } from '@/core/handles'
import { imagePoint, type ImagePoint } from '@/core/points'

import { commit, settle, type ToolContext, type ToolState } from '../context'
import type { PointerInput } from '../events'
import { pathOf, placesOf, selfCrossing } from './refs'

interface Grip {
  /** The object as it is when the drag begins (perhaps with a vertex that was just inserted). */
  readonly record: AnnotationRecord
  /** The object in the store. */
  readonly stored: AnnotationRecord
  readonly held: readonly VertexRef[]
  /** The vertex under the pointer; it goes exactly where the pointer goes. */
  readonly grabbed: VertexHit
}

export class VertexDragging implements ToolState {
  private record: AnnotationRecord
  private invalid = false
  private readonly from: readonly { readonly ref: VertexRef; readonly point: ImagePoint }[]

  constructor(
    private readonly context: ToolContext,
    private readonly back: ToolState,
    private readonly grip: Grip,
  ) {
    this.record = grip.record
    this.from = placesOf(grip.record, grip.held)
  }

  enter(): void {
    this.present()
  }

  pointer(input: PointerInput): ToolState {
    if (input.type === 'down') return this
    if (input.type === 'move') {
      this.moveTo(input.image)
      this.present()
      return this
    }
    return this.drop()
  }

  cancel(): ToolState {
    this.context.state.set({ vertices: [] })
    return this.back
  }

  private moveTo(at: ImagePoint): void {
    const { record, held, grabbed } = this.grip
    const dx = at.x - grabbed.point.x
    const dy = at.y - grabbed.point.y
    const moves = this.from.map(({ ref, point }) => {
      const to = settle(this.context, imagePoint(point.x + dx, point.y + dy))
      return { ...ref, x: to.x, y: to.y }
    })
    const geometry = moveVertices(geometryOf(record), moves)
    if (!geometry) return
    this.record = withGeometry(record, geometry)
    const only = held.length === 1 && record.kind === 'polygon' ? held[0] : undefined
    this.invalid = only ? crossesAtVertex(pathOf(this.record, only), only.vertex) : selfCrossing(this.record)
  }

  private present(): void {
    this.context.show({
      cursor: 'move',
      records: [this.record],
      handles: { record: this.record, selected: this.grip.held, hover: null },
      hint: this.invalid ? { key: 'hint.selfCrossing', tone: 'warning' } : null,
    })
  }

  private drop(): ToolState {
    const { stored } = this.grip
    if (sameGeometry(this.record, stored)) return this.back
    if (this.invalid || selfCrossing(this.record)) {
      this.context.state.set({ vertices: [] })
      this.context.hint({ key: 'hint.selfCrossing', tone: 'warning' })
      return this.back
    }
    commit(this.context, 'vertex', (transaction) => transaction.put(this.record))
    return this.back
  }
}
