/** Vertex editing: a rectangle chooses vertices (Shift adds). A click without a drag lets go of them, or of the tool. */
import type { AnnotationRecord } from '@/core/document'
import { verticesIn } from '@/core/handles'
import { distance } from '@/core/points'

import { DRAG_FROM, type ToolContext, type ToolState } from '../context'
import type { PointerInput } from '../events'
import { rectBetween } from '../select/marquee'
import { sameRef } from './refs'

export class VertexMarquee implements ToolState {
  private dragged = false

  constructor(
    private readonly context: ToolContext,
    private readonly back: ToolState,
    private readonly record: AnnotationRecord,
    private readonly start: PointerInput,
  ) {}

  pointer(input: PointerInput): ToolState {
    if (input.type === 'down') return this
    this.dragged ||= distance(input.screen, this.start.screen) >= DRAG_FROM
    if (input.type === 'up') return this.dragged ? this.choose(input) : this.click()
    const { vertices } = this.context.state.get()
    this.context.show({
      cursor: 'crosshair',
      marquee: this.dragged ? rectBetween(this.start.image, input.image) : null,
      handles: { record: this.record, selected: vertices, hover: null },
    })
    return this
  }

  cancel(): ToolState {
    return this.back
  }

  private choose(input: PointerInput): ToolState {
    const inside = verticesIn(this.record, rectBetween(this.start.image, input.image))
    const before = this.start.shift ? this.context.state.get().vertices : []
    const added = inside.filter((ref) => !before.some((other) => sameRef(ref, other)))
    this.context.state.set({ vertices: [...before, ...added] })
    return this.back
  }

  private click(): ToolState {
    if (this.context.state.get().vertices.length > 0) this.context.state.set({ vertices: [] })
    else this.context.switchTo('select')
    return this.back
  }
}
