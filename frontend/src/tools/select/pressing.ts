/** Select: the button is down and has not moved enough to be a drag. A release is a click, a move a drag. */
import type { AnnotationRecord } from '@/core/document'
import { distance } from '@/core/points'

import { DRAG_FROM, select, selected, type ToolContext, type ToolState } from '../context'
import type { PointerInput } from '../events'
import { Marquee } from './marquee'
import { Moving } from './moving'

/** What lies under the press: an object, or a model's proposal where there is none. */
interface Under {
  readonly hit: AnnotationRecord | null
  readonly proposal: string | null
}

export class Pressing implements ToolState {
  constructor(
    private readonly context: ToolContext,
    private readonly back: ToolState,
    private readonly start: PointerInput,
    private readonly under: Under,
  ) {}

  pointer(input: PointerInput): ToolState {
    if (input.type === 'up') {
      this.click()
      return this.back
    }
    if (input.type !== 'move' || distance(input.screen, this.start.screen) < DRAG_FROM) return this
    return this.drag().pointer(input)
  }

  cancel(): ToolState {
    return this.back
  }

  private click(): void {
    const { start, context } = this
    const { hit, proposal } = this.under
    const { selection, readOnly } = context.state.get()
    // On release, not on the second press: a click and then a quick drag moves the object.
    if (hit && start.clicks === 2 && !readOnly && hit.kind !== 'mask') {
      select(context, [hit.id])
      context.switchTo('vertex')
      return
    }
    if (!start.shift) {
      select(context, hit ? [hit.id] : [])
      return context.proposals.choose(proposal)
    }
    if (!hit) return
    const ids = new Set(selection)
    if (!ids.delete(hit.id)) ids.add(hit.id)
    select(context, ids)
  }

  private drag(): ToolState {
    const { start, context } = this
    const { hit } = this.under
    const { selection, readOnly } = context.state.get()
    if (!hit || readOnly) return new Marquee(context, this.back, start)
    if (!selection.has(hit.id)) select(context, start.shift ? [...selection, hit.id] : [hit.id])
    return new Moving(context, this.back, start, selected(context))
  }
}
