/**
 * Select: objects are being dragged. They are shown moved; the store changes once, at the release.
 *
 * Shift keeps to one axis. Moves are whole pixels (so that an object keeps its exact pixels), unless zoomed in so far
 * that single pixels are easily aimed at.
 */
import type { AnnotationRecord } from '@/core/document'

import { boundedOffset, moved } from '../changes'
import { commit, type ToolContext, type ToolState } from '../context'
import type { PointerInput } from '../events'

/** From this scale on (screen pixels an image pixel) shapes move freely; masks always move by whole pixels. */
const FREE_FROM = 8

export class Moving implements ToolState {
  private offset = { dx: 0, dy: 0 }

  constructor(
    private readonly context: ToolContext,
    private readonly back: ToolState,
    private readonly start: PointerInput,
    private readonly records: readonly AnnotationRecord[],
  ) {}

  pointer(input: PointerInput): ToolState {
    if (input.type === 'down') return this
    this.offset = this.offsetAt(input)
    if (input.type === 'up') return this.drop()
    this.context.show({ cursor: 'grabbing', records: this.shown() })
    return this
  }

  cancel(): ToolState {
    return this.back
  }

  private drop(): ToolState {
    if (this.offset.dx === 0 && this.offset.dy === 0) return this.back
    const records = this.shown()
    commit(this.context, 'move', (transaction) => records.forEach((record) => transaction.put(record)))
    return this.back
  }

  private shown(): AnnotationRecord[] {
    return this.records.map((record) => moved(record, this.offset.dx, this.offset.dy))
  }

  private offsetAt(input: PointerInput): { dx: number; dy: number } {
    let dx = input.image.x - this.start.image.x
    let dy = input.image.y - this.start.image.y
    if (input.shift) [dx, dy] = Math.abs(dx) >= Math.abs(dy) ? [dx, 0] : [0, dy]
    const free =
      this.context.view().scale >= FREE_FROM && this.records.every((record) => record.kind !== 'mask')
    if (!free) [dx, dy] = [Math.round(dx), Math.round(dy)]
    const bounded = boundedOffset(this.records, { dx, dy }, this.context)
    if (free) return bounded
    return { dx: Math.trunc(bounded.dx), dy: Math.trunc(bounded.dy) }
  }
}
