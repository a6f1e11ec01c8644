/** Refining an outline, before there is an object: the selected one, or the one that is clicked. */
import type { AnnotationRecord } from '@/core/document'

import { mayBegin } from '../assist/begin'
import { hitObject, select, selected, type ToolContext, type ToolState } from '../context'
import type { KeyInput, PointerInput } from '../events'
import { RefineProposing } from './proposing'

export class RefineIdle implements ToolState {
  constructor(private readonly context: ToolContext) {}

  enter(): void {
    this.context.show({ cursor: 'pointer' })
  }

  /** The tool was chosen: begins with the selected object, where it is one that has an area. */
  begin(): ToolState {
    const [record, more] = selected(this.context)
    return record && !more && hasArea(record) ? new RefineProposing(this.context, this, record) : this
  }

  pointer(input: PointerInput): ToolState {
    if (input.type !== 'down' || input.button !== 0 || !mayBegin(this.context, input)) return this
    const hit = hitObject(this.context, input.image)
    if (!hit || !hasArea(hit)) {
      this.context.hint({ key: 'assists:hint.refineNothing', tone: 'info' })
      return this
    }
    select(this.context, [hit.id])
    return this.begin()
  }

  key(input: KeyInput): ToolState | null {
    if (input.key !== 'Enter' || input.mod) return null
    const next = this.begin()
    if (next === this) this.context.hint({ key: 'assists:hint.refineNothing', tone: 'info' })
    return next
  }

  cancel(): ToolState {
    return this
  }
}

function hasArea(record: AnnotationRecord): boolean {
  return record.kind !== 'polyline' && record.kind !== 'point'
}
