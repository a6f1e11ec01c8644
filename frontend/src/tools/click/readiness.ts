/**
 * Keeps what is on screen ready for clicks while the tool is in hand, and the bar told. Owns the one question that is
 * under way about it; asks again only when the view shows something that the last window does not suit.
 */
import { AssistFailure } from '@/core/assist'
import { type ClickWait, windowSuits } from '@/core/clicks'
import { intersectRect, type Rect } from '@/core/points'
import { type Viewport, visibleRect } from '@/core/viewport'

import type { ToolContext } from '../context'
import type { ClickStatus } from './settings'

export class Readiness {
  /** The window that is ready; null while it is not. */
  window: Rect | null = null
  private running: AbortController | null = null
  private askedFor: { readonly model: string; readonly view: Viewport } | null = null

  constructor(private readonly context: ToolContext) {}

  /** Lists the models. */
  meet(): void {
    const { clicks } = this.context
    clicks.models(new AbortController().signal).then(
      (models) => {
        this.tell({ models })
        this.dropUnknown()
      },
      () => undefined, // the next look tells what is wrong
    )
  }

  /** Called with every move: costs nothing unless the view or the model changed. */
  look(): void {
    const { context } = this
    const { model } = context.state.get().click
    const view = context.view()
    const last = this.askedFor
    if (last?.view === view && last.model === model) return
    this.askedFor = { model, view }
    const seen = seenOf(context)
    const suits = this.window !== null && seen !== null && windowSuits(this.window, seen, context)
    if (!seen || (suits && last?.model === model)) return
    this.prepare(model, seen)
  }

  /** Asks anew after a failure. */
  again(): void {
    this.askedFor = null
    this.look()
  }

  stop(): void {
    this.running?.abort()
    this.running = null
    this.askedFor = null
    this.tell({ waiting: null })
  }

  waiting = (waiting: ClickWait | null): void => this.tell({ waiting })

  private prepare(model: string, seen: Rect): void {
    this.running?.abort()
    const controller = new AbortController()
    this.running = controller
    this.window = null
    this.tell({ failure: null })
    const mine = () => this.running === controller
    const { clicks } = this.context
    clicks
      .prepare(model === '' ? null : model, seen, (wait) => mine() && this.waiting(wait), controller.signal)
      .then(
        (window) => mine() && this.ready(window),
        (error: unknown) => mine() && this.failed(error),
      )
  }

  private ready(window: Rect): void {
    this.running = null
    this.window = window
    this.tell({ waiting: null })
  }

  private failed(error: unknown): void {
    this.running = null
    this.tell({ waiting: null, failure: error instanceof AssistFailure ? error.reason : 'refused' })
  }

  /** A model that was chosen and is there no longer (retired, or of another project) gives way to the usual one. */
  private dropUnknown(): void {
    const { click, clickStatus } = this.context.state.get()
    const usable = clickStatus.models.some(({ name, problem }) => name === click.model && problem === '')
    if (click.model === '' || usable) return
    this.context.state.set({ click: { ...click, model: '' } })
    this.again()
  }

  private tell(patch: Partial<ClickStatus>): void {
    const { clickStatus } = this.context.state.get()
    const changed = (Object.keys(patch) as (keyof ClickStatus)[]).some(
      (key) => clickStatus[key] !== patch[key],
    )
    if (changed) this.context.state.set({ clickStatus: { ...clickStatus, ...patch } })
  }
}

/** What of the image is on screen; null: none of it. */
export function seenOf(context: ToolContext): Rect | null {
  const whole = { x0: 0, y0: 0, x1: context.width, y1: context.height }
  return intersectRect(visibleRect(context.view()), whole)
}
