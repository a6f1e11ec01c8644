/**
 * What a model proposes for an image, beside a person's objects: plain values, and what follows from a threshold.
 *
 * Owns the order, the partition by confidence, when a proposal is there already, and under what an accepted one goes.
 * Does not own what becomes of a proposal (`tools/prelabels/review.ts`) nor how it travels (`sync/predictions.ts`).
 */
import type { AnnotationRecord } from './document'
import { toMask } from './editing'
import { maskAgreement } from './metrics'
import { isArea, type Size } from './operations/area'
import { intersectRect, type Rect } from './points'
import { sameGeometry } from './rebase'
import { areaOf, bboxOf } from './shapes'

export interface Proposal {
  /** As it would be accepted: the predicted object's id, `source` model, its score. */
  readonly record: AnnotationRecord
  /** Calibrated, 0..1. */
  readonly score: number
  /** 0..1; null where the model does not say. */
  readonly uncertainty: number | null
}

/** From this overlap on, an object of the same class is what the proposal means. */
export const THERE_FROM = 0.7

/** How sure the model is, as it is drawn: solid, dashed or dotted. */
export type Confidence = 'high' | 'medium' | 'low'

/** Calibrated scores: four of five are right from here on, and half of them. */
const HIGH_FROM = 0.8
const MEDIUM_FROM = 0.5

export function confidenceOf(score: number): Confidence {
  return score >= HIGH_FROM ? 'high' : score >= MEDIUM_FROM ? 'medium' : 'low'
}

/** The surest first; at equal scores by id, so that the order is the same every time. */
export function byConfidence(proposals: readonly Proposal[]): Proposal[] {
  return [...proposals].sort((a, b) => b.score - a.score || (a.record.id < b.record.id ? -1 : 1))
}

/** Whether a score is at least the threshold, in whole percents as both are shown. */
export function isAbove(score: number, threshold: number): boolean {
  return Math.round(score * 100) >= Math.round(threshold * 100)
}

/** How many of a list that falls by score are above the threshold: they are its beginning. */
export function countAbove(sorted: readonly Proposal[], threshold: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (isAbove(sorted[middle]!.score, threshold)) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * Whether one of the objects is what the proposal means: of its class, with an IoU above 0.7.
 *
 * Args: `near`: objects whose box meets the proposal's. `size`: the image's, pixels.
 */
export function isThere(proposal: AnnotationRecord, near: readonly AnnotationRecord[], size: Size): boolean {
  return near.some(
    (record) =>
      record.id !== proposal.id &&
      record.classIndex === proposal.classIndex &&
      mayBeSame(record, proposal) &&
      overlapOf(record, proposal, size) > THERE_FROM,
  )
}

/** Whether the boxes alone leave the overlap possible: nothing needs to be painted for the others. */
function mayBeSame(a: AnnotationRecord, b: AnnotationRecord): boolean {
  if (!isArea(a) || !isArea(b)) return sameGeometry(a, b)
  const [boxA, boxB] = [roomOf(a), roomOf(b)]
  const common = intersectRect(boxA, boxB)
  if (!common) return false
  const [room, least] = [sizeOf(common), Math.min(sizeOf(boxA), sizeOf(boxB))]
  const larger = Math.max(areaWithin(a), areaWithin(b))
  return room >= THERE_FROM * larger && least >= THERE_FROM * larger
}

function overlapOf(a: AnnotationRecord, b: AnnotationRecord, { width, height }: Size): number {
  if (sameGeometry(a, b)) return 1
  return maskAgreement(toMask(a, width, height), toMask(b, width, height)).iou
}

/** Pixels may lie outside a shape's box by a rounding: one pixel of room. */
function roomOf(record: AnnotationRecord): Rect {
  const { x0, y0, x1, y1 } = bboxOf(record)
  return { x0: x0 - 1, y0: y0 - 1, x1: x1 + 1, y1: y1 + 1 }
}

function sizeOf({ x0, y0, x1, y1 }: Rect): number {
  return (x1 - x0) * (y1 - y0)
}

/** The area without what a rounding of the outline may add. */
function areaWithin(record: AnnotationRecord): number {
  const { x1, y1 } = bboxOf(record)
  return 0.8 * areaOf(record, Math.ceil(y1), Math.ceil(x1))
}

/** The record below all of these objects, so that what a person drew stays on top; as it is where there are none. */
export function beneath(record: AnnotationRecord, near: readonly AnnotationRecord[]): AnnotationRecord {
  const lowest = near.reduce((least, other) => Math.min(least, other.z), Infinity)
  return lowest > record.z ? record : { ...record, z: lowest - 1 }
}
