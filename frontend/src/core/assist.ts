/**
 * What an assist is asked and what it answers: plain data that tools write and the network carries. Owns the shapes
 * and the reasons for a refusal only. All coordinates are image pixels.
 */
import type { MaskGeometry, Polygon } from './document'
import type { DraftStroke } from './draft'
import type { Labels } from './labels'
import type { Rect } from './points'

export type AssistMethod =
  | 'otsu'
  | 'multi_otsu'
  | 'range'
  | 'wand'
  | 'grow'
  | 'watershed'
  | 'active_contour'
  | 'grabcut'
  | 'superpixels'
  | 'kmeans'
  | 'hierarchical'
  | 'fuzzy'

/** The longest side at which each method works on every pixel: a larger region is scaled down by the server. */
export const LONGEST: Readonly<Record<AssistMethod, number>> = {
  otsu: 2048,
  multi_otsu: 2048,
  range: 2048,
  wand: 2048,
  grow: 1024,
  watershed: 1024,
  active_contour: 512,
  grabcut: 2048,
  superpixels: 512,
  kmeans: 1024,
  hierarchical: 512,
  fuzzy: 1024,
}

export interface AssistPoint {
  readonly x: number
  readonly y: number
}

export interface AssistQuestion {
  readonly method: AssistMethod
  /** Whole pixels within the image. */
  readonly region: Rect
  readonly parameters: Readonly<Record<string, number | string>>
  readonly positive?: readonly AssistPoint[]
  readonly negative?: readonly AssistPoint[]
  readonly strokes?: readonly DraftStroke[]
  readonly box?: Rect
  readonly polygons?: readonly Polygon[]
  readonly mask?: MaskGeometry
}

/** How often each of the levels 0 to 255 occurs, and which of them a threshold took (both ends). */
export interface Histogram {
  readonly counts: readonly number[]
  readonly low: number
  readonly high: number
}

export interface AssistAnswer {
  readonly mask: MaskGeometry
  readonly labels: Labels | null
  readonly histogram: Histogram | null
}

export const ASSIST_REASONS = [
  'oneColour',
  'outside',
  'strokes',
  'box',
  'mask',
  'channel',
  'groups',
  'refused',
  'model',
  'tooLarge',
  'forbidden',
  'signedOut',
  'gone',
  'preparing',
  'busy',
  'offline',
] as const

/** Why there is no answer; each has a sentence of its own in the languages. */
export type AssistReason = (typeof ASSIST_REASONS)[number]

export class AssistFailure extends Error {
  constructor(
    readonly reason: AssistReason,
    cause?: unknown,
  ) {
    super(`assist: ${reason}`, { cause })
    this.name = 'AssistFailure'
  }
}
