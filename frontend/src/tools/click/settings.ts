/** What click to segment can be told, and what it tells the bar above the canvas. */
import type { AssistReason } from '@/core/assist'
import type { ClickModel, ClickWait } from '@/core/clicks'

export interface ClickSettings {
  /** The name of a model; '': the usual one. */
  readonly model: string
  /** What a drag without Shift draws; Shift draws the other. */
  readonly drag: 'box' | 'stroke'
  /** Shows what a click would find while the pointer rests. */
  readonly glance: boolean
}

export const CLICK: ClickSettings = { model: '', drag: 'box', glance: true }

export interface ClickStatus {
  readonly models: readonly ClickModel[]
  /** The image is being made ready for the model; null: it is ready, or nobody has asked. */
  readonly waiting: ClickWait | null
  /** Why it could not be made ready. */
  readonly failure: AssistReason | null
}

export const NO_CLICKS: ClickStatus = { models: [], waiting: null, failure: null }
