/**
 * How well two labellings of the same pixels agree; as `annotator/core/metrics.py`.
 *
 * Counts are integers that add up over images; ratios are taken once, over the whole set. A ratio whose denominator is 0
 * is NaN: the class does not occur, and no mean counts it.
 */
import type { Bitmap } from './bitmap'
import { VOID, type MaskGeometry } from './document'
import { InvalidInput } from './errors'
import * as rle from './rle'

/** Row-major numbers, one a pixel: class indices or segment numbers. */
export interface LabelMap {
  readonly width: number
  readonly height: number
  readonly data: ArrayLike<number>
}

/** counts[truth][prediction]: pixels of every pair of classes. */
export type Confusion = readonly (readonly number[])[]

/** Of the image's diagonal: the width of the band that boundary IoU compares. */
const BOUNDARY_RATIO = 0.02

/**
 * Counts the pixels of every pair of classes 0..classCount - 1; pixels that are void (255) in either are left out.
 * Throws InvalidInput when the sizes differ or an index is neither below classCount nor void.
 */
export function confusion(prediction: LabelMap, truth: LabelMap, classCount: number): Confusion {
  checkSizes(prediction, truth)
  const counts = Array.from({ length: classCount }, () => new Array<number>(classCount).fill(0))
  for (let k = 0; k < truth.data.length; k++) {
    const [row, column] = [truth.data[k]!, prediction.data[k]!]
    if (row === VOID || column === VOID) continue
    checkClass('truth', row, classCount)
    checkClass('prediction', column, classCount)
    counts[row]![column]!++
  }
  return counts
}

export function checkSizes(prediction: LabelMap, truth: LabelMap): void {
  if (prediction.width === truth.width && prediction.height === truth.height) return
  throw new InvalidInput(
    `the prediction has ${prediction.width} x ${prediction.height} pixels, the truth ${truth.width} x ${truth.height}`,
  )
}

function checkClass(name: string, index: number, classCount: number): void {
  if (index >= 0 && index < classCount) return
  throw new InvalidInput(
    `the ${name} holds class ${index}; allowed are 0 to ${classCount - 1} and 255 (void)`,
  )
}

/** Each class's intersection over union. */
export function iou(counts: Confusion): number[] {
  const { rows, columns } = marginals(counts)
  return counts.map((row, k) => ratio(row[k]!, rows[k]! + columns[k]! - row[k]!))
}

/** Each class's Dice coefficient (F1 of pixels). */
export function dice(counts: Confusion): number[] {
  const { rows, columns } = marginals(counts)
  return counts.map((row, k) => ratio(2 * row[k]!, rows[k]! + columns[k]!))
}

/** The share of pixels whose class is right. */
export function pixelAccuracy(counts: Confusion): number {
  const { rows } = marginals(counts)
  return ratio(sum(counts.map((row, k) => row[k]!)), sum(rows))
}

/** Cohen's kappa (1960): agreement beyond chance; 1 for full agreement also when only one class occurs. */
export function kappa(counts: Confusion): number {
  const { rows, columns } = marginals(counts)
  const total = sum(rows)
  if (total === 0) return Number.NaN
  const observed = pixelAccuracy(counts)
  if (observed === 1) return 1
  const chance = sum(rows.map((row, k) => (row / total) * (columns[k]! / total)))
  return (observed - chance) / (1 - chance)
}

/** The mean over the classes that occur; NaN when none does. */
export function mean(values: readonly number[]): number {
  const occurring = values.filter((value) => !Number.isNaN(value))
  return ratio(sum(occurring), occurring.length)
}

/** The width of the compared band: 2 % of the image's diagonal, rounded, at least 1 pixel. */
export function boundaryDistance(height: number, width: number): number {
  return Math.max(1, Math.floor(BOUNDARY_RATIO * Math.sqrt(height * height + width * width) + 0.5))
}

/** The mask's pixels within `distance` 8-neighbour steps of a pixel outside it, or of the image's border. */
export function boundary(mask: Bitmap, distance: number): Uint8Array {
  const { width, height } = mask
  const wide = 2 * distance + 1
  const across = runsOfOnes(mask.data, { length: width, step: 1 }, { count: height, step: width }, wide)
  const inner = runsOfOnes(across, { length: height, step: width }, { count: width, step: 1 }, wide)
  return mask.data.map((value, k) => value & ~inner[k]!)
}

/** The IoU of two masks' boundary bands (Cheng et al. 2021); NaN when both are empty. */
export function boundaryIou(
  prediction: Bitmap,
  truth: Bitmap,
  distance: number = boundaryDistance(prediction.height, prediction.width),
): number {
  const one = boundary(prediction, distance)
  const two = boundary(truth, distance)
  let [both, either] = [0, 0]
  for (let k = 0; k < one.length; k++) {
    both += one[k]! & two[k]!
    either += one[k]! | two[k]!
  }
  return ratio(both, either)
}

/** How two masks of one image agree, by their runs; both 1 when both are empty. */
export function maskAgreement(a: MaskGeometry, b: MaskGeometry): { iou: number; dice: number } {
  const areas = rle.area(a.counts) + rle.area(b.counts)
  if (areas === 0) return { iou: 1, dice: 1 }
  const [x0, y0] = [Math.max(a.x, b.x), Math.max(a.y, b.y)]
  const [x1, y1] = [Math.min(a.x + a.width, b.x + b.width), Math.min(a.y + a.height, b.y + b.height)]
  let both = 0
  if (x0 < x1 && y0 < y1) {
    const [seenA, seenB] = [a, b].map((mask) =>
      rle.reframe(mask.counts, mask.height, {
        x0: x0 - mask.x,
        y0: y0 - mask.y,
        x1: x1 - mask.x,
        y1: y1 - mask.y,
      }),
    )
    both = rle.intersection(seenA!, seenB!)
  }
  return { iou: both / (areas - both), dice: (2 * both) / areas }
}

/**
 * Pairs the objects of two annotators greedily by falling IoU, at equal IoU the smaller indices first.
 * `overlaps[i][j]`: IoU of object i of one with object j of the other. F1 is 1 when neither has an object.
 */
export function objectAgreement(
  overlaps: readonly (readonly number[])[],
  columnCount: number,
  threshold = 0.5,
): { pairs: (readonly [number, number])[]; f1: number } {
  const candidates = overlaps.flatMap((row, i) => row.map((value, j) => ({ value, i, j })))
  const pairs = pairByOverlap(candidates, threshold).map(({ i, j }) => [i, j] as const)
  return { pairs, f1: objectF1(pairs.length, overlaps.length + columnCount) }
}

/** That object i of one overlaps object j of the other by an IoU. */
export interface Overlap {
  readonly value: number
  readonly i: number
  readonly j: number
}

/** `objectAgreement`'s pairs of a list that holds only what overlaps: thousands of objects have few such pairs. */
export function pairByOverlap(candidates: readonly Overlap[], threshold: number): Overlap[] {
  const [rows, columns] = [new Set<number>(), new Set<number>()]
  const sorted = candidates
    .filter(({ value }) => value >= threshold)
    .sort((p, q) => q.value - p.value || p.i - q.i || p.j - q.j)
  return sorted.filter(({ i, j }) => {
    if (rows.has(i) || columns.has(j)) return false
    rows.add(i)
    columns.add(j)
    return true
  })
}

/** F1 of `pairs` matched pairs among `objects` objects of both; 1 when neither has an object. */
export function objectF1(pairs: number, objects: number): number {
  return objects === 0 ? 1 : (2 * pairs) / objects
}

/** Division that is NaN where the whole is 0. */
export function ratio(part: number, whole: number): number {
  return whole === 0 ? Number.NaN : part / whole
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function marginals(counts: Confusion): { rows: number[]; columns: number[] } {
  return { rows: counts.map(sum), columns: counts.map((_, k) => sum(counts.map((row) => row[k]!))) }
}

/** Along each line: 1 where the `wide` values around a place are all 1 and on the line. */
function runsOfOnes(
  data: Uint8Array,
  along: { length: number; step: number },
  lines: { count: number; step: number },
  wide: number,
): Uint8Array {
  const result = new Uint8Array(data.length)
  const reach = (wide - 1) / 2
  for (let line = 0; line < lines.count; line++) {
    const start = line * lines.step
    for (let k = 0, ones = 0; k < along.length; k++) {
      ones = data[start + k * along.step] === 1 ? ones + 1 : 0
      if (ones >= wide) result[start + (k - reach) * along.step] = 1
    }
  }
  return result
}
