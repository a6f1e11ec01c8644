/**
 * Documents in which no two objects share a pixel: what a change does to the objects around it.
 *
 * The changed objects win over the others, which lose the pixels that they cover; locked objects lose nothing and win
 * over the changed ones. Works on run lengths, so that the cost goes with the outlines; an outline that is cut by outlines
 * keeps its vertices where that is exact. Owns the decision only: the
 * store's rule (`tools/rules.ts`) carries it out.
 */
import { columnsOf } from './bitmap'
import { EMPTY_DIFF } from './diff'
import { compareOrder, withGeometry, type AnnotationRecord, type MaskGeometry } from './document'
import { toMask } from './editing'
import { frameOf } from './maskAlgebra'
import { isArea, type Size } from './operations/area'
import { outlineLeft } from './operations/boolean'
import { intersectRect, type Rect } from './points'
import { crop, EMPTY_MASK, intersection, reframe, subtract } from './rle'
import { bboxOf } from './shapes'
import { SpatialIndex } from './spatialIndex'

export interface Surroundings {
  readonly width: number
  readonly height: number
  /** The objects whose box meets the rectangle, without the changed ones. */
  readonly near: (rect: Rect) => readonly AnnotationRecord[]
  readonly isLocked: (id: string) => boolean
}

/** The objects that become something else, by id; null for those of which no pixel is left. */
export type Cuts = ReadonlyMap<string, AnnotationRecord | null>

/** Where more objects than this are cut at once, outlines become masks: a stroke must not wait for them. */
const MOST_OUTLINES = 40

/**
 * Cuts objects so that the changed ones share no pixel with each other (the upper one keeps it) or with any other.
 *
 * Returns: the objects to replace or delete, changed ones that had to give way among them. Null when a changed object
 * would lose its last pixel to locked ones: then the change as a whole cannot be.
 */
export function cutOverlaps(changed: readonly AnnotationRecord[], around: Surroundings): Cuts | null {
  const found = cutPixels(changed, around, new Map())
  if (!found) return null
  const { cuts, cutters } = found
  if (cuts.size > MOST_OUTLINES) return cuts
  const before = new Map(changed.map((record) => [record.id, record]))
  const wasOf = (id: string, by: readonly AnnotationRecord[]) =>
    before.get(id) ?? around.near(roomy(bboxOf(by[0]!))).find((record) => record.id === id)
  for (const [id, by] of cutters) {
    const [was, now] = [wasOf(id, by), cuts.get(id)]
    if (was && now?.kind === 'mask') cuts.set(id, withOutline(was, by, now, around))
  }
  return cuts
}

/** What becomes of objects, as masks, and by which others. */
interface PixelCuts {
  readonly cuts: Map<string, AnnotationRecord | null>
  readonly cutters: ReadonlyMap<string, readonly AnnotationRecord[]>
}

/** `pixels`: what is known of objects' pixels, by id; it is added to. */
function cutPixels(
  changed: readonly AnnotationRecord[],
  around: Surroundings,
  pixels: Map<string, MaskGeometry>,
): PixelCuts | null {
  const maskOf = (record: AnnotationRecord): MaskGeometry => {
    const known = pixels.get(record.id) ?? ownMask(record) ?? toMask(record, around.width, around.height)
    pixels.set(record.id, known)
    return known
  }
  const cuts = new Map<string, AnnotationRecord | null>()
  const cutters = new Map<string, AnnotationRecord[]>()
  const cut = (record: AnnotationRecord, by: AnnotationRecord): boolean => {
    const left = without(record, by, maskOf)
    if (left === null) return true
    pixels.set(record.id, left)
    cutters.set(record.id, [...(cutters.get(record.id) ?? []), by])
    cuts.set(record.id, left.width > 0 ? withGeometry(record, { kind: 'mask', mask: left }) : null)
    return left.width > 0
  }
  const above = new SpatialIndex()
  for (const record of changed.filter(hasPixels).sort((a, b) => compareOrder(b, a))) {
    const box = roomy(bboxOf(record))
    const near = around.near(box).filter(hasPixels)
    for (const other of near) if (around.isLocked(other.id) && !cut(record, other)) return null
    for (const other of above.query(box)) cut(record, other)
    for (const other of near) if (!around.isLocked(other.id)) cut(other, record)
    above.apply({ ...EMPTY_DIFF, added: { [record.id]: record } })
  }
  return { cuts, cutters }
}

/**
 * Cuts new objects so that they take no pixel from the ones that are there, nor from each other: the first keeps it.
 * None of the objects around is touched.
 *
 * Returns: those of which something is left, in their order; an object that shares no pixel is the same one.
 */
export function giveWay(
  records: readonly AnnotationRecord[],
  around: Omit<Surroundings, 'isLocked'>,
): AnnotationRecord[] {
  const pixels = new Map<string, MaskGeometry>()
  const earlier = new SpatialIndex()
  const kept: { readonly was: AnnotationRecord; now: AnnotationRecord; by: readonly AnnotationRecord[] }[] =
    []
  for (const was of records) {
    const near = (rect: Rect) => [...around.near(rect), ...earlier.query(rect)]
    const found = cutPixels([was], { ...around, near, isLocked: () => true }, pixels)
    if (!found) continue
    const now = found.cuts.get(was.id) ?? was
    kept.push({ was, now, by: found.cutters.get(was.id) ?? [] })
    if (hasPixels(now)) earlier.apply({ ...EMPTY_DIFF, added: { [now.id]: now } })
  }
  const cut = kept.filter(({ by }) => by.length > 0)
  if (cut.length <= MOST_OUTLINES)
    for (const one of cut)
      if (one.now.kind === 'mask') one.now = withOutline(one.was, one.by, one.now, around)
  return kept.map(({ now }) => now)
}

/** The object with an outline by vectors where that covers the pixels that are left, else as it is now. */
function withOutline(
  was: AnnotationRecord,
  by: readonly AnnotationRecord[],
  now: AnnotationRecord & { readonly kind: 'mask' },
  size: Size,
): AnnotationRecord {
  if (!isArea(was)) return now
  const polygons = outlineLeft(was, by.filter(isArea), now.mask, size)
  return polygons ? withGeometry(was, { kind: 'polygon', polygons }) : now
}

/** Masks lie within the image already: nothing needs to be decoded. */
function ownMask(record: AnnotationRecord): MaskGeometry | null {
  return record.kind === 'mask' ? record.mask : null
}

/** What `record` keeps beside `by`, or null when they share no pixel. */
function without(
  record: AnnotationRecord,
  by: AnnotationRecord,
  maskOf: (record: AnnotationRecord) => MaskGeometry,
): MaskGeometry | null {
  const [mine, theirs] = [maskOf(record), maskOf(by)]
  const common = intersectRect(frameOf(mine), frameOf(theirs))
  if (common === null) return null
  const { x, y, width, height } = mine
  const columns = columnsOf(theirs, common.x0 - theirs.x, common.x1 - theirs.x)
  const [left, top] = [x - common.x0, y - theirs.y]
  const taken = reframe(columns, theirs.height, { x0: left, y0: top, x1: left + width, y1: top + height })
  if (intersection(mine.counts, taken) === 0) return null
  const kept = crop(subtract(mine.counts, taken), height, width)
  return kept.width > 0 ? { ...kept, x: x + kept.x, y: y + kept.y } : EMPTY_MASK
}

/** A pixel's centre may lie on the box's side by a rounding of the crossing: one pixel of room. */
function roomy({ x0, y0, x1, y1 }: Rect): Rect {
  return { x0: x0 - 1, y0: y0 - 1, x1: x1 + 1, y1: y1 + 1 }
}

function hasPixels({ kind }: AnnotationRecord): boolean {
  return kind !== 'polyline' && kind !== 'point'
}
