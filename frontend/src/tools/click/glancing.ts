/** What a click would find where the pointer rests: asked for the newest place only, shown while the pointer stays on it. */
import { maskHas } from '@/core/bitmap'
import type { MaskGeometry } from '@/core/document'
import type { ImagePoint } from '@/core/points'

import { isInside } from '../assist/begin'
import type { ToolContext } from '../context'
import { type Readiness, seenOf } from './readiness'

export class Glancing {
  private running: AbortController | null = null
  private found: MaskGeometry | null = null

  constructor(
    private readonly context: ToolContext,
    private readonly readiness: Readiness,
    private readonly changed: () => void,
  ) {}

  get mask(): MaskGeometry | null {
    return this.found
  }

  at(point: ImagePoint): void {
    this.running?.abort()
    this.running = null
    this.forgetUnless(point)
    const { context, readiness } = this
    const { click, readOnly } = context.state.get()
    const seen = seenOf(context)
    if (!click.glance || readOnly || !readiness.window || !seen || !isInside(context, point)) return
    const controller = new AbortController()
    this.running = controller
    const question = {
      model: click.model === '' ? null : click.model,
      region: readiness.window,
      seen,
      positive: [point],
      negative: [],
      strokes: [],
      box: null,
      mask: null,
      previous: null,
    }
    context.clicks.glance(question, controller.signal).then(
      (answer) => {
        if (this.running !== controller) return
        this.running = null
        this.found = answer && answer.mask.width > 0 ? answer.mask : null
        this.changed()
      },
      () => undefined, // a glance that fails is only not shown
    )
  }

  stop(): void {
    this.running?.abort()
    this.running = null
    this.found = null
  }

  private forgetUnless({ x, y }: ImagePoint): void {
    if (!this.found || maskHas(this.found, Math.floor(x), Math.floor(y))) return
    this.found = null
    this.changed()
  }
}
