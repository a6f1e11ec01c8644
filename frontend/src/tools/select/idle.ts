/** Select: nothing is held. Hovering, choosing by keyboard, deleting, nudging; a press leads on. */
import { nearestVertex } from '@/core/handles'
import type { ImagePoint } from '@/core/points'

import { arrowOffset, deleteObjects, nudge } from '../changes'
import {
  HIT_REACH,
  hitObject,
  reach,
  select,
  selected,
  type ToolContext,
  type ToolState,
  touchable,
  VERTEX_REACH,
} from '../context'
import type { KeyInput, PointerInput } from '../events'
import { Pressing } from './pressing'
import { Resizing } from './resizing'

export class SelectIdle implements ToolState {
  constructor(private readonly context: ToolContext) {}

  enter(): void {
    this.present('default')
  }

  pointer(input: PointerInput): ToolState {
    if (input.type === 'move') {
      this.hover(input.image)
      return this
    }
    if (input.type !== 'down' || input.button !== 0) return this
    const corner = this.corner(input.image)
    if (corner) return new Resizing(this.context, this, corner.record, corner.hit)
    const hit = input.alt ? this.beneath(input.image) : hitObject(this.context, input.image)
    return new Pressing(this.context, this, input, {
      hit,
      proposal: hit ? null : this.proposalAt(input.image),
    })
  }

  key(input: KeyInput): ToolState | null {
    const { context } = this
    const { proposals } = context
    if (proposals.chosen !== null && !input.mod && !input.alt && !input.shift) {
      if (input.key === 'Enter' && proposals.acceptChosen()) return this.refreshed()
      if (input.key === 'Delete' && proposals.rejectChosen()) return this.refreshed()
    }
    const offset = arrowOffset(input.key, input.shift)
    if (offset && !input.mod && !input.alt)
      return nudge(context, offset.dx, offset.dy) ? this.refreshed() : null
    if (input.key === 'Delete' || input.key === 'Backspace') {
      const ids = selected(context).map((record) => record.id)
      return deleteObjects(context, ids) ? this.refreshed() : null
    }
    if (input.key === 'a' && input.mod) return this.selectAll()
    if (input.key === 'Enter') return this.editVertices()
    if (input.key === ']' || input.key === '[') return this.step(input.key === ']' ? 1 : -1)
    return null
  }

  cancel(): ToolState {
    select(this.context, [])
    this.context.proposals.choose(null)
    return this.refreshed()
  }

  left(): void {
    this.context.proposals.point(null)
  }

  private refreshed(): this {
    this.enter()
    return this
  }

  private hover(point: ImagePoint): void {
    const corner = this.corner(point)
    const hit = corner ? null : hitObject(this.context, point)
    this.context.state.set({ hover: hit?.id ?? null })
    const proposal = corner || hit ? null : this.proposalAt(point)
    this.context.proposals.point(proposal)
    const held = hit !== null && this.context.state.get().selection.has(hit.id)
    this.present(corner ? 'resize' : held ? 'move' : hit || proposal ? 'pointer' : 'default')
  }

  /** A person's objects come first. */
  private proposalAt(point: ImagePoint): string | null {
    return this.context.proposals.at(point, reach(this.context, HIT_REACH))
  }

  /** Shows the corners of a selected box, which can be dragged. */
  private present(cursor: 'default' | 'pointer' | 'move' | 'resize'): void {
    const box = this.box()
    this.context.show({ cursor, handles: box ? { record: box, selected: [], hover: null } : null })
  }

  private box() {
    const only = selected(this.context)
    const [record] = only
    if (only.length !== 1 || record?.kind !== 'box' || this.context.state.get().readOnly) return null
    return record
  }

  private corner(point: ImagePoint) {
    const record = this.box()
    const hit = record && nearestVertex(record, point, reach(this.context, VERTEX_REACH))
    return record && hit ? { record, hit } : null
  }

  /** Alt goes through a stack of objects, from the one below the selected one down and round again. */
  private beneath(point: ImagePoint) {
    const { context } = this
    const stack = context.index.hitAll(point, { accepts: (record) => touchable(context, record) })
    const at = stack.findIndex((record) => context.state.get().selection.has(record.id))
    return stack[(at + 1) % Math.max(1, stack.length)] ?? null
  }

  private selectAll(): ToolState {
    const { context } = this
    select(
      context,
      context.store
        .ordered()
        .filter((record) => touchable(context, record))
        .map((record) => record.id),
    )
    return this.refreshed()
  }

  private editVertices(): ToolState | null {
    const [record, more] = selected(this.context)
    if (!record || more || record.kind === 'mask' || this.context.state.get().readOnly) return null
    this.context.switchTo('vertex')
    return this
  }

  /** The next or previous object in drawing order: selecting without a mouse. */
  private step(by: 1 | -1): ToolState {
    const { context } = this
    const records = context.store.ordered().filter((record) => touchable(context, record))
    const at = records.findIndex((record) => context.state.get().selection.has(record.id))
    const next = at < 0 ? (by > 0 ? 0 : records.length - 1) : (at + by + records.length) % records.length
    const record = records[next]
    select(context, record ? [record.id] : [])
    return this.refreshed()
  }
}
