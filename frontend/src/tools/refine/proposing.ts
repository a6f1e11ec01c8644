/** The outline of an object, moved to the nearest edges; accepting it changes the object. */
import type { AssistQuestion } from '@/core/assist'
import { type AnnotationRecord, geometryOf, type MaskGeometry } from '@/core/document'
import { toMask } from '@/core/editing'
import { bboxOf } from '@/core/shapes'

import { Proposing } from '../assist/proposing'
import { regionWithMargin } from '../assist/region'
import type { ToolContext, ToolState } from '../context'
import type { PointerInput } from '../events'
import { acceptProposal, type ProposalUse } from '../proposal'
import type { RefineIdle } from './idle'

export class RefineProposing extends Proposing {
  private readonly initial: MaskGeometry

  constructor(
    context: ToolContext,
    private readonly idle: RefineIdle,
    private readonly record: AnnotationRecord,
  ) {
    super(context, idle, 'refine')
    this.initial = toMask(geometryOf(record), context.width, context.height)
  }

  pointer(input: PointerInput): ToolState {
    if (input.type !== 'down' || input.button !== 0) return this
    this.cancel()
    return this.idle.pointer(input)
  }

  protected override get replaces(): boolean {
    return true
  }

  protected question(): AssistQuestion {
    const { iterations, smoothing, balloon } = this.context.state.get().assists.refine
    return {
      method: 'active_contour',
      region: regionWithMargin(bboxOf(this.record), this.context),
      parameters: { iterations, smoothing, balloon },
      mask: this.initial,
    }
  }

  protected dropMark(): boolean {
    return false
  }

  protected override accept(use: ProposalUse): boolean {
    const { context, mask, record } = this
    if (!mask) return false
    if (use !== 'new') return super.accept(use)
    return acceptProposal(context, mask, { label: 'refine', use: { replace: record.id } })
  }
}
