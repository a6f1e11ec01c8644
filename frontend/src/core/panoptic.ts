/** Panoptic quality (Kirillov et al. 2019, section 4, and its reference code for void and crowd). */
import { InvalidInput } from './errors'
import { checkSizes, ratio, type LabelMap } from './metrics'

/** Matched and unmatched segments of every class; counts of several images add up. */
export interface PanopticCounts {
  readonly iouSum: readonly number[]
  readonly matched: readonly number[]
  readonly wrong: readonly number[]
  readonly missed: readonly number[]
}

/** Segment numbers (0 = none), and the class of every number. */
export interface Segments {
  readonly map: LabelMap
  readonly classes: ReadonlyMap<number, number>
}

/**
 * Matches the segments of one image: of one class, with an IoU over 0.5. Pixels without a segment in the truth count for
 * no one, and a wrong segment that lies mostly there, or on a crowd region of its class, is not counted.
 */
export function panopticCounts(
  prediction: Segments,
  truth: Segments,
  classCount: number,
  crowd: ReadonlySet<number> = new Set(),
): PanopticCounts {
  checkSizes(prediction.map, truth.map)
  const [predicted, real] = [areas(prediction), areas(truth)]
  const overlap = overlaps(prediction.map, truth.map)
  const shared = (p: number, t: number): number => overlap.get(p)?.get(t) ?? 0
  const [iouSum, matched, wrong, missed] = [0, 0, 0, 0].map(() => new Array<number>(classCount).fill(0))
  const [used, found] = [new Set<number>(), new Set<number>()]
  for (const [p, area] of predicted) {
    const index = prediction.classes.get(p)!
    for (const [t, truthArea] of real) {
      if (crowd.has(t) || truth.classes.get(t) !== index) continue
      const both = shared(p, t)
      const union = area + truthArea - both - shared(p, 0)
      if (2 * both <= union) continue
      iouSum![index]! += both / union
      matched![index]!++
      used.add(p)
      found.add(t)
    }
  }
  for (const t of real.keys()) if (!found.has(t) && !crowd.has(t)) missed![truth.classes.get(t)!]!++
  for (const [p, area] of predicted) {
    const index = prediction.classes.get(p)!
    let ignored = shared(p, 0)
    for (const t of crowd) if (truth.classes.get(t) === index) ignored += shared(p, t)
    if (!used.has(p) && 2 * ignored <= area) wrong![index]!++
  }
  return { iouSum: iouSum!, matched: matched!, wrong: wrong!, missed: missed! }
}

/** Quality (pq), segmentation quality (sq) and recognition quality (rq) of every class: pq = sq x rq. */
export function panopticQuality(counts: PanopticCounts): { pq: number[]; sq: number[]; rq: number[] } {
  const weighed = counts.matched.map((m, k) => 2 * m + counts.wrong[k]! + counts.missed[k]!)
  return {
    pq: counts.iouSum.map((iou, k) => ratio(2 * iou, weighed[k]!)),
    sq: counts.iouSum.map((iou, k) => ratio(iou, counts.matched[k]!)),
    rq: counts.matched.map((m, k) => ratio(2 * m, weighed[k]!)),
  }
}

/** The area of every segment, in the order of their numbers. */
function areas({ map, classes }: Segments): ReadonlyMap<number, number> {
  const found = new Map<number, number>()
  for (let k = 0; k < map.data.length; k++) {
    const number = map.data[k]!
    if (number !== 0) found.set(number, (found.get(number) ?? 0) + 1)
  }
  for (const number of found.keys()) {
    if (!classes.has(number)) throw new InvalidInput(`segment ${number} has no class`)
  }
  return new Map([...found].sort(([a], [b]) => a - b))
}

function overlaps(prediction: LabelMap, truth: LabelMap): Map<number, Map<number, number>> {
  const found = new Map<number, Map<number, number>>()
  for (let k = 0; k < truth.data.length; k++) {
    const [p, t] = [prediction.data[k]!, truth.data[k]!]
    let row = found.get(p)
    if (row === undefined) found.set(p, (row = new Map<number, number>()))
    row.set(t, (row.get(t) ?? 0) + 1)
  }
  return found
}
