/** Vertex editing: one or many vertices follow the pointer; the store changes once, at the release. */
import { crossesAtVertex } from '@/core/crossings'
import { type AnnotationRecord, geometryOf, withGeometry } from '@/core/document'
import { moveVertices } from '@/core/editing'
import { sameGeometry } from '@/core/rebase'
import type { EdgeHit, VertexHit, VertexRef } from '@/core/handles'
import { imagePoint, type ImagePoint } from '@/core/points'

import { commit, settle, type ToolContext, type ToolState } from '../context'
import type { PointerInput } from '../events'
import { pathOf, placesOf, selfCrossing } from './refs'
import { neighbourAt } from './snap'

interface Grip {
  /** The object as it is when the drag begins (perhaps with a vertex that was just inserted). */
  readonly record: AnnotationRecord
  /** The object in the store. */
  readonly stored: AnnotationRecord
  readonly held: readonly VertexRef[]
  /** The vertex under the pointer; it goes exactly where the pointer goes. */
  readonly grabbed: VertexHit
  /** With Ctrl held, the grabbed vertex goes to a neighbour's vertex or edge that is near. */
  readonly snaps: boolean
}

export class VertexDragging implements ToolState {
  private record: AnnotationRecord
  private invalid = false
  private neighbour: VertexHit | EdgeHit | null = null
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
      this.moveTo(this.placeFor(input))
      this.present()
      return this
    }
    return this.drop()
  }

  cancel(): ToolState {
    this.context.state.set({ vertices: [] })
    return this.back
  }

  /** Where the grabbed vertex goes: with Shift along one axis, with Ctrl to a neighbour. */
  private placeFor(input: PointerInput): ImagePoint {
    const { grabbed, snaps, record } = this.grip
    this.neighbour = snaps && input.mod ? neighbourAt(this.context, record.id, input.image) : null
    if (this.neighbour) return this.neighbour.point
    if (!input.shift) return input.image
    const { x, y } = grabbed.point
    const across = Math.abs(input.image.x - x) >= Math.abs(input.image.y - y)
    return across ? imagePoint(input.image.x, y) : imagePoint(x, input.image.y)
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
      handles: { record: this.record, selected: this.grip.held, hover: this.neighbour },
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
