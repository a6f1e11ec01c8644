/**
 * Union, difference and intersection of areas. Vertices stay where the outline by vectors covers exactly the pixels
 * that the operation on pixels gives; else the outcome is that of the pixels.
 */
import clipping from 'polygon-clipping'

import type { MaskGeometry, Polygon, Ring } from '../document'
import { intersectMasks, joinMasks, subtractMasks } from '../maskAlgebra'
import { EMPTY_MASK } from '../rle'
import { type Area, directed, exactly, kindFor, outcome, outlinesOf, pixelsOf, type Size } from './area'

type Pairs = [number, number][][][]

/** Beyond this many vertices the outline by vectors takes longer than a person should wait: pixels it is. */
const MOST_VERTICES = 20_000

/** What is in any of them, of the first one's kind. Null when there is nothing. */
export function unionOf(areas: readonly Area[], size: Size): Area | null {
  const [first, ...others] = areas
  if (first === undefined) return null
  const exact = joinAll(areas.map((area) => pixelsOf(area, size)))
  return outcome(kindFor(first), exact, byVectors('union', first, others), size)
}

/** What is in the first but in none of the others. */
export function differenceOf(first: Area, others: readonly Area[], size: Size): Area | null {
  const exact = subtractMasks(pixelsOf(first, size), joinAll(others.map((area) => pixelsOf(area, size))))
  return outcome(kindFor(first), exact, byVectors('difference', first, others), size)
}

/** The outline by vectors of what `first` keeps beside the others, where it covers exactly these pixels; else null. */
export function outlineLeft(
  first: Area,
  others: readonly Area[],
  exact: MaskGeometry,
  size: Size,
): readonly Polygon[] | null {
  const candidate = byVectors('difference', first, others)
  return candidate && exactly(exact, candidate, size)
}

/** What is in all of them. */
export function intersectionOf(areas: readonly Area[], size: Size): Area | null {
  const [first, ...others] = areas
  if (first === undefined) return null
  const exact = others.reduce(
    (mask, area) => intersectMasks(mask, pixelsOf(area, size)),
    pixelsOf(first, size),
  )
  return outcome(kindFor(first), exact, byVectors('intersection', first, others), size)
}

/** All of them as one object of several parts: no pixel changes, and no outline where all have one. */
export function joined(areas: readonly Area[], size: Size): Area | null {
  const [first] = areas
  if (first === undefined) return null
  const exact = joinAll(areas.map((area) => pixelsOf(area, size)))
  const outlines = areas.map(outlinesOf)
  const all = outlines.every((polygons) => polygons !== null) ? outlines.flat() : null
  return outcome(kindFor(first), exact, all && (() => all), size)
}

/** The union of many masks, two by two, so that no large one is gone through again for every small one. */
export function joinAll(masks: readonly MaskGeometry[]): MaskGeometry {
  if (masks.length <= 1) return masks[0] ?? EMPTY_MASK
  const middle = masks.length >> 1
  return joinMasks(joinAll(masks.slice(0, middle)), joinAll(masks.slice(middle)))
}

/** How the outline by vectors is found; null where one of them is a mask, or they are too long. */
function byVectors(
  operation: 'union' | 'difference' | 'intersection',
  first: Area,
  others: readonly Area[],
): (() => readonly Polygon[]) | null {
  const outlines = [first, ...others].map(outlinesOf)
  if (!outlines.every((polygons) => polygons !== null)) return null
  const vertices = outlines.flat(2).reduce((sum, ring) => sum + ring.length / 2, 0)
  if (vertices > MOST_VERTICES) return null
  return () => {
    const [head, ...rest] = outlines.map(toPairs)
    try {
      return toPolygons(clipping[operation](head!, ...rest))
    } catch {
      return [] // it gives up on some degenerate outlines: then the pixels' outline is taken
    }
  }
}

function toPairs(polygons: readonly Polygon[]): Pairs {
  return polygons.map((polygon) =>
    polygon.map((ring) =>
      Array.from({ length: ring.length / 2 }, (_, k): [number, number] => [ring[2 * k]!, ring[2 * k + 1]!]),
    ),
  )
}

function toPolygons(pairs: Pairs): Polygon[] {
  return pairs.flatMap((polygon) => {
    const [outer, ...holes] = polygon.map((ring, k) => toRing(ring, k === 0))
    return outer ? [[outer, ...holes.filter((hole) => hole !== null)]] : []
  })
}

/** Rounded to float32, without the closing point and repeated ones; null when fewer than three points are left. */
function toRing(pairs: [number, number][], isOuter: boolean): Ring | null {
  const flat: number[] = []
  for (const [x, y] of pairs.slice(0, -1)) {
    const [fx, fy] = [Math.fround(x), Math.fround(y)]
    if (fx !== flat.at(-2) || fy !== flat.at(-1)) flat.push(fx, fy)
  }
  if (flat.length >= 2 && flat[0] === flat.at(-2) && flat[1] === flat.at(-1)) flat.length -= 2
  return flat.length < 6 ? null : directed(Float32Array.from(flat), isOuter)
}
