/**
 * Connected parts of areas: separating them, filling holes, removing specks. Pixels are neighbours by their sides (four
 * of them), as in the outlines that tracing gives; so a hole is a part of what is not set that cannot be left sideways.
 */
import type { MaskGeometry, Polygon } from '../document'
import { toMask } from '../editing'
import { joinMasks } from '../maskAlgebra'
import * as rle from '../rle'
import { columnsOfMask, forEachOf, maskOfColumns, type Runs, RunsBuilder } from '../runs'
import { type Area, kindFor, outcome, outlinesOf, pixelsOf, type Size } from './area'

/** The number of the connected part of every run, and how many parts there are, in the order of their first runs. */
export interface Parts {
  readonly of: Int32Array
  readonly count: number
}

/** Joins runs of neighbouring lines that share a pixel's side. */
export function partsOf({ begin, from, to }: Runs): Parts {
  const parent = Int32Array.from(from, (_, k) => k)
  const find = (k: number): number => {
    while (parent[k] !== k) k = parent[k] = parent[parent[k]!]!
    return k
  }
  for (let line = 1; line + 1 < begin.length; line++) {
    let a = begin[line - 1]!
    let b = begin[line]!
    while (a < begin[line]! && b < begin[line + 1]!) {
      if (from[a]! < to[b]! && from[b]! < to[a]!) {
        const [p, q] = [find(a), find(b)]
        parent[Math.max(p, q)] = Math.min(p, q)
      }
      if (to[a]! < to[b]!) a++
      else b++
    }
  }
  let count = 0
  const of = new Int32Array(from.length)
  for (let k = 0; k < of.length; k++) of[k] = parent[k] === k ? count++ : of[find(k)]!
  return { of, count }
}

/** The number of pixels of each part. */
export function areasOf(runs: Runs, parts: Parts): Float64Array {
  const areas = new Float64Array(parts.count)
  forEachOf(runs, (_, from, to, run) => (areas[parts.of[run]!]! += to - from))
  return areas
}

/** The runs of the parts that are kept. */
export function keepParts(runs: Runs, parts: Parts, keeps: (part: number) => boolean): Runs {
  const kept = new RunsBuilder(runs.first)
  forEachOf(runs, (line, from, to, run) => {
    if (keeps(parts.of[run]!)) kept.add(line, from, to)
  })
  return kept.finish()
}

/** A mask's connected parts, each a mask. */
export function separateMask(mask: MaskGeometry): MaskGeometry[] {
  const columns = columnsOfMask(mask)
  const parts = partsOf(columns)
  if (parts.count <= 1) return mask.width === 0 ? [] : [mask]
  const builders: RunsBuilder[] = []
  forEachOf(columns, (line, from, to, run) =>
    (builders[parts.of[run]!] ??= new RunsBuilder(line)).add(line, from, to),
  )
  return builders.map((builder) => maskOfColumns(builder.finish()))
}

/** An object's parts, each an area of its own; the pixels of all of them are the object's, and none is in two. */
export function separate(area: Area, size: Size): Area[] {
  const exact = pixelsOf(area, size)
  const outlines = outlinesOf(area)
  if (outlines !== null && outlines.length > 1) {
    const alone = outlines.filter((polygon) => pixelsOfPolygon(polygon, size).width > 0)
    const total = alone.reduce((sum, polygon) => sum + rle.area(pixelsOfPolygon(polygon, size).counts), 0)
    if (total === rle.area(exact.counts))
      return alone.map((polygon) => ({ kind: 'polygon', polygons: [polygon] }))
  }
  // One outline is one part, though its pixels may hang together by corners only.
  if (outlines?.length === 1) return [area]
  return separateMask(exact).flatMap((mask) => outcome(kindFor(area), mask, null, size) ?? [])
}

/** Fills what is closed in on all sides, where it has fewer pixels than `below`. */
export function fillHoles(area: Area, below: number, size: Size): Area | null {
  const exact = pixelsOf(area, size)
  const holes = holesOf(exact, below)
  if (holes.width === 0) return area
  const smaller = (ring: Polygon[number]) => rle.area(pixelsOfPolygon([ring], size).counts) < below
  const without = outlinesOf(area)?.map((rings) => rings.filter((ring, k) => k === 0 || !smaller(ring)))
  return outcome(kindFor(area), joinMasks(exact, holes), without ? () => without : null, size)
}

/** Takes away connected parts that have fewer pixels than `below`. Null when none would be left. */
export function removeSpecks(area: Area, below: number, size: Size): Area | null {
  const exact = pixelsOf(area, size)
  const columns = columnsOfMask(exact)
  const parts = partsOf(columns)
  const areas = areasOf(columns, parts)
  const kept = maskOfColumns(keepParts(columns, parts, (part) => areas[part]! >= below))
  if (kept.width === 0) return null
  if (rle.area(kept.counts) === rle.area(exact.counts)) return area
  const larger = outlinesOf(area)?.filter(
    (polygon) => rle.area(pixelsOfPolygon(polygon, size).counts) >= below,
  )
  return outcome(kindFor(area), kept, larger ? () => larger : null, size)
}

/** The holes of a mask that have fewer pixels than `below`. */
export function holesOf(mask: MaskGeometry, below: number): MaskGeometry {
  const { y, height } = mask
  const gaps = gapsOf(columnsOfMask(mask), y, y + height)
  const parts = partsOf(gaps)
  const areas = areasOf(gaps, parts)
  const open = new Uint8Array(parts.count)
  forEachOf(gaps, (column, from, to, run) => {
    const atSide = column === mask.x || column === mask.x + mask.width - 1
    if (atSide || from === y || to === y + height) open[parts.of[run]!] = 1
  })
  return maskOfColumns(keepParts(gaps, parts, (part) => open[part] === 0 && areas[part]! < below))
}

/** What lines lack between two bounds, line by line. */
export function gapsOf(runs: Runs, low: number, high: number): Runs {
  const gaps = new RunsBuilder(runs.first)
  for (let k = 0; k + 1 < runs.begin.length; k++) {
    let at = low
    for (let i = runs.begin[k]!; i < runs.begin[k + 1]!; i++) {
      gaps.add(runs.first + k, at, Math.min(high, runs.from[i]!))
      at = Math.max(at, runs.to[i]!)
    }
    gaps.add(runs.first + k, at, high)
  }
  return gaps.finish()
}

function pixelsOfPolygon(polygon: Polygon, { width, height }: Size): MaskGeometry {
  return toMask({ kind: 'polygon', polygons: [polygon] }, width, height)
}
