/**
 * Two states of an image's objects beside each other: what differs by object id (two revisions of one document), and
 * which objects of two people mean the same thing (two documents), by IoU.
 *
 * Owns the pairing; the measures themselves are metrics.ts. Pure, so that it runs in a worker.
 */
import type { Bitmap, Crop } from './bitmap'
import type { AnnotationRecord } from './document'
import { confusion, iou, mean, objectF1, type Overlap, pairByOverlap } from './metrics'
import { labelMap, rasteriseCrop } from './raster'
import { sameContent, sameGeometry } from './rebase'
import { bboxOf } from './shapes'
import { SpatialIndex } from './spatialIndex'

export type DifferenceKind = 'added' | 'removed' | 'changed'

/** One object that differs. `before` is null for an added one, `after` for a removed one. */
export interface Difference {
  readonly id: string
  readonly kind: DifferenceKind
  readonly before: AnnotationRecord | null
  readonly after: AnnotationRecord | null
}

/** What became of `before` in `after`, by id: in the order of `before`, then what was added. */
export function differences(
  before: Iterable<AnnotationRecord>,
  after: Iterable<AnnotationRecord>,
): Difference[] {
  const then = new Map([...after].map((record) => [record.id, record]))
  const found: Difference[] = []
  for (const record of before) {
    const now = then.get(record.id)
    then.delete(record.id)
    if (!now) found.push({ id: record.id, kind: 'removed', before: record, after: null })
    else if (!sameContent(record, now))
      found.push({ id: record.id, kind: 'changed', before: record, after: now })
  }
  for (const record of then.values())
    found.push({ id: record.id, kind: 'added', before: null, after: record })
  return found
}

/** An object of the left state and the one of the right state that is meant to be the same; or one that has no match. */
export interface Match {
  readonly left: AnnotationRecord | null
  readonly right: AnnotationRecord | null
  /** 0 where there is no match. */
  readonly iou: number
  readonly sameClass: boolean
}

export interface Comparison {
  /** What people should look at first comes first: no match, another class, then by rising IoU. */
  readonly matches: readonly Match[]
  /** Over the matched pairs; NaN when there are none. */
  readonly meanIou: number
  /** Share of objects on which both agree (IoU of at least 0.5): F1. */
  readonly f1: number
  /** Mean over the classes of the two pictures' pixels; null where the image is too large to paint twice. */
  readonly classIou: number | null
}

export interface ImageSize {
  readonly width: number
  readonly height: number
}

/** Below this two shapes do not mean the same thing: they touch by chance. */
const LEAST_OVERLAP = 0.1
/** Objects agree from here on (the usual threshold of panoptic quality and of object F1). */
export const AGREES_FROM = 0.5
/** Two label maps of more pixels would take more memory than a browser likes. */
const MAX_PIXELS = 40_000_000

export function compareObjects(
  left: readonly AnnotationRecord[],
  right: readonly AnnotationRecord[],
  size: ImageSize,
): Comparison {
  const overlaps = overlapsOf(left, right, size)
  const pairs = pairByOverlap(overlaps, LEAST_OVERLAP)
  const matches = pairs.map(({ value, i, j }) => ({
    left: left[i]!,
    right: right[j]!,
    iou: value,
    sameClass: left[i]!.classIndex === right[j]!.classIndex,
  }))
  const [seenLeft, seenRight] = [new Set(pairs.map(({ i }) => i)), new Set(pairs.map(({ j }) => j))]
  const lost: Match[] = left.flatMap((record, i) =>
    seenLeft.has(i) ? [] : [{ left: record, right: null, iou: 0, sameClass: false }],
  )
  const extra: Match[] = right.flatMap((record, j) =>
    seenRight.has(j) ? [] : [{ left: null, right: record, iou: 0, sameClass: false }],
  )
  return {
    matches: [...lost, ...extra, ...matches].sort(worstFirst),
    meanIou: mean(matches.map((match) => match.iou)),
    f1: objectF1(pairByOverlap(overlaps, AGREES_FROM).length, left.length + right.length),
    classIou: classAgreement(left, right, size),
  }
}

export function agrees(match: Match): boolean {
  return match.sameClass && match.iou >= AGREES_FROM
}

function worstFirst(a: Match, b: Match): number {
  const rank = (match: Match) => (!match.left || !match.right ? 0 : match.sameClass ? 2 : 1)
  return rank(a) - rank(b) || a.iou - b.iou
}

/** The pairs whose boxes meet, with their IoU: nothing else is painted. */
function overlapsOf(
  left: readonly AnnotationRecord[],
  right: readonly AnnotationRecord[],
  size: ImageSize,
): Overlap[] {
  const index = new SpatialIndex(right)
  const places = new Map(right.map((record, j) => [record.id, j]))
  const painted = new Map<AnnotationRecord, Painted>()
  const paint = (record: AnnotationRecord): Painted => {
    let found = painted.get(record)
    if (!found) painted.set(record, (found = paintedOf(record, size)))
    return found
  }
  return left.flatMap((record, i) =>
    index.query(bboxOf(record)).map((other) => ({
      i,
      j: places.get(other.id)!,
      value: sameGeometry(record, other) ? 1 : overlap(paint(record), paint(other)),
    })),
  )
}

interface Painted extends Crop {
  readonly area: number
}

function paintedOf(record: AnnotationRecord, { width, height }: ImageSize): Painted {
  const crop = rasteriseCrop(record, height, width)
  return { ...crop, area: countOnes(crop.bitmap) }
}

function countOnes({ data }: Bitmap): number {
  let sum = 0
  for (let k = 0; k < data.length; k++) sum += data[k]!
  return sum
}

/** Lines and points have no pixels: they overlap with nothing; equal ones were found before. */
function overlap(a: Painted, b: Painted): number {
  const [x0, y0] = [Math.max(a.x, b.x), Math.max(a.y, b.y)]
  const x1 = Math.min(a.x + a.bitmap.width, b.x + b.bitmap.width)
  const y1 = Math.min(a.y + a.bitmap.height, b.y + b.bitmap.height)
  let both = 0
  for (let y = y0; y < y1; y++) {
    const rowA = (y - a.y) * a.bitmap.width - a.x
    const rowB = (y - b.y) * b.bitmap.width - b.x
    for (let x = x0; x < x1; x++) both += a.bitmap.data[rowA + x]! & b.bitmap.data[rowB + x]!
  }
  const either = a.area + b.area - both
  return either === 0 ? 0 : both / either
}

function classAgreement(
  left: readonly AnnotationRecord[],
  right: readonly AnnotationRecord[],
  { width, height }: ImageSize,
): number | null {
  if (width * height > MAX_PIXELS) return null
  const [one, other] = [left, right].map((records) => ({
    width,
    height,
    data: labelMap(records, height, width),
  }))
  // Without the background, which would outweigh all else.
  return mean(iou(confusion(one!, other!, 255)).slice(1))
}
