/**
 * Click to segment: what a click model is asked and what it answers, and which part of a large image it looks at.
 * Plain data that tools write and the network carries; all coordinates are image pixels.
 */
import type { AssistPoint } from './assist'
import type { MaskGeometry } from './document'
import type { DraftStroke } from './draft'
import type { Rect } from './points'

export interface ClickModel {
  readonly name: string
  readonly title: string
  readonly usual: boolean
  /** Why it cannot be used; empty where it can. */
  readonly problem: string
  /** Clicks to an IoU of 0.85 on this project's held-out objects; null where nobody measured it. */
  readonly needed: number | null
}

/** What was measured of a model, and of the one that a person would have otherwise. */
export interface ClickFigures {
  readonly own: number
  readonly beside: { readonly title: string; readonly needed: number } | null
}

/**
 * The figures to be shown for a model, with those of the measured model that does best without it. null: nobody
 * measured it.
 */
export function figuresOf(models: readonly ClickModel[], name: string): ClickFigures | null {
  const own = models.find((model) => model.name === name)?.needed ?? null
  if (own === null) return null
  let beside: ClickFigures['beside'] = null
  for (const { name: other, title, needed, problem } of models) {
    if (other === name || needed === null || problem !== '') continue
    if (beside === null || needed < beside.needed) beside = { title, needed }
  }
  return { own, beside }
}

export interface ClickQuestion {
  /** null: the usual one. */
  readonly model: string | null
  /** The window of the last answer for the same object; null: the one for what is seen. */
  readonly region: Rect | null
  /** What is on screen, and all marks. */
  readonly seen: Rect
  readonly positive: readonly AssistPoint[]
  readonly negative: readonly AssistPoint[]
  readonly strokes: readonly DraftStroke[]
  readonly box: Rect | null
  /** The mask to begin with. */
  readonly mask: MaskGeometry | null
  /** `logits` of the last answer for the same object. */
  readonly previous: string | null
}

export interface ClickAnswer {
  readonly mask: MaskGeometry
  readonly region: Rect
  /** Goes back to the server with the next mark. */
  readonly logits: string
  /** The model's own guess of its IoU. */
  readonly score: number | null
}

/** An image, or a window of it, is being made ready for a model. */
export interface ClickWait {
  readonly state: 'queued' | 'running'
  /** 0 to 1. */
  readonly progress: number
}

const FINEST = 1024
const WIDEST = 8192
const SEEN = 0.75

/**
 * Whether a window is the right one for what is seen: it holds it, at the detail that the server would choose
 * (`annotator/selectors/click.py`). A wrong answer costs a request, never a wrong mask.
 */
export function windowSuits(
  window: Rect,
  seen: Rect,
  image: { readonly width: number; readonly height: number },
): boolean {
  const longest = Math.max(image.width, image.height)
  const most = Math.max(seen.x1 - seen.x0, seen.y1 - seen.y0)
  let side = FINEST
  while (side * SEEN < most && side < WIDEST) side *= 2
  const whole = side >= longest * SEEN && longest <= WIDEST
  const wanted = whole ? longest : Math.min(side, longest)
  return Math.max(window.x1 - window.x0, window.y1 - window.y0) === wanted && holds(window, seen)
}

function holds(window: Rect, seen: Rect): boolean {
  return window.x0 <= seen.x0 && window.y0 <= seen.y0 && window.x1 >= seen.x1 && window.y1 >= seen.y1
}
