/** Click to segment, before the first mark: shows what a click would find, and keeps the image ready. */
import { type AnnotationRecord, geometryOf } from '@/core/document'
import { NO_MARKS } from '@/core/draft'
import { toMask } from '@/core/editing'

import { adds, mayBegin } from '../assist/begin'
import { selected, type ToolContext, type ToolState } from '../context'
import type { KeyInput, PointerInput } from '../events'
import { Glancing } from './glancing'
import { ClickProposing } from './proposing'
import { Readiness } from './readiness'

export class ClickIdle implements ToolState {
  private readonly readiness: Readiness
  private readonly glancing: Glancing

  constructor(private readonly context: ToolContext) {
    this.readiness = new Readiness(context)
    this.glancing = new Glancing(context, this.readiness, () => this.present())
  }

  enter(): void {
    const { state } = this.context
    if (state.get().clickStatus.models.length === 0) this.readiness.meet()
    this.readiness.look()
    this.present()
  }

  /** The person chose the tool: what it showed when it was last in hand is forgotten. */
  begin(): ToolState {
    this.glancing.stop()
    return this
  }

  pointer(input: PointerInput): ToolState {
    this.readiness.look()
    if (input.type === 'move') this.glancing.at(input.image)
    if (input.type !== 'down' || input.button === 1 || !mayBegin(this.context, input)) return this
    if (input.button === 2 || !adds(this.context, input)) {
      this.context.hint({ key: 'assists:hint.seedFirst', tone: 'info' })
      return this
    }
    this.glancing.stop()
    return new ClickProposing(this.context, this, { readiness: this.readiness, record: null }).pointer(input)
  }

  left(): void {
    this.glancing.stop()
    this.present()
  }

  key(input: KeyInput): ToolState | null {
    if (input.mod || input.alt) return null
    if (input.key === 'r' && !input.shift) return this.refine()
    if (input.key !== 'Enter') return null
    if (this.context.state.get().clickStatus.failure !== null) this.readiness.again()
    else this.context.hint({ key: 'assists:hint.markFirst', tone: 'info' })
    return this
  }

  /** Begins with the selected object: the marks correct it. */
  private refine(): ToolState {
    const [record, more] = selected(this.context)
    if (this.context.state.get().readOnly || !record || more || !hasArea(record)) {
      this.context.hint({ key: 'hint.clickRefine', tone: 'info' })
      return this
    }
    this.glancing.stop()
    const mask = toMask(geometryOf(record), this.context.width, this.context.height)
    return new ClickProposing(this.context, this, {
      readiness: this.readiness,
      record: { id: record.id, mask },
    })
  }

  cancel(): ToolState {
    this.glancing.stop()
    this.readiness.stop()
    return this
  }

  private present(): void {
    const { mask } = this.glancing
    const { activeClass, tool } = this.context.state.get()
    if (tool !== 'click') return
    const preview = mask && {
      mask,
      classIndex: activeClass ?? 0,
      marks: NO_MARKS,
      segments: null,
      busy: true,
    }
    this.context.show({ cursor: 'crosshair', preview })
  }
}

function hasArea(record: AnnotationRecord): boolean {
  return record.kind !== 'polyline' && record.kind !== 'point'
}
