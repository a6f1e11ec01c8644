/**
 * The object operations over a pipe: one JSON request a line in, one JSON answer a line out. For the property tests of
 * tests/operations, which compare them with NumPy, SciPy and shapely. Masks travel as run lengths over the whole image.
 */
import { createInterface } from 'node:readline'

import { newRecord } from '@/core/document'
import { place } from '@/core/maskAlgebra'
import { type Area, pixelsOf, type Size } from '@/core/operations/area'
import { differenceOf, intersectionOf, joined, unionOf } from '@/core/operations/boolean'
import { nearestPlace, wayAlong } from '@/core/operations/borders'
import { fillHoles, removeSpecks, separate } from '@/core/operations/components'
import { asMask, asPolygon } from '@/core/operations/convert'
import { grow, shrink } from '@/core/operations/resize'
import { simplifyPolygons } from '@/core/operations/simplify'
import { smooth } from '@/core/operations/smooth'
import { split } from '@/core/operations/split'
import { Coverage } from '@/core/operations/unlabelled'
import { expand } from '@/core/rle'

type WireArea = { readonly polygons: readonly number[][][] } | { readonly counts: readonly number[] }

interface Request {
  readonly op: string
  readonly width: number
  readonly height: number
  readonly areas: readonly WireArea[]
  readonly number?: number
  readonly line?: readonly number[]
  readonly points?: readonly (readonly [number, number])[]
}

function areaFrom(wire: WireArea, { width, height }: Size): Area {
  if ('counts' in wire)
    return {
      kind: 'mask',
      mask: place(Uint32Array.from(wire.counts), { x0: 0, y0: 0, x1: width, y1: height }),
    }
  return {
    kind: 'polygon',
    polygons: wire.polygons.map((rings) => rings.map((ring) => Float32Array.from(ring))),
  }
}

function areaTo(area: Area, size: Size) {
  const counts = Array.from(expand(pixelsOf(area, size), size.height, size.width))
  const polygons =
    area.kind === 'polygon' ? area.polygons.map((rings) => rings.map((ring) => Array.from(ring))) : null
  return { kind: area.kind, counts, polygons }
}

function answer(request: Request): unknown {
  const size = { width: request.width, height: request.height }
  const areas = request.areas.map((area) => areaFrom(area, size))
  const [first, ...others] = areas
  const number = request.number ?? 0
  const one = (area: Area | null) => (area === null ? null : areaTo(area, size))
  switch (request.op) {
    case 'union':
      return one(unionOf(areas, size))
    case 'intersect':
      return one(intersectionOf(areas, size))
    case 'subtract':
      return one(differenceOf(first!, others, size))
    case 'join':
      return one(joined(areas, size))
    case 'separate':
      return separate(first!, size).map(one)
    case 'fillHoles':
      return one(fillHoles(first!, number, size))
    case 'removeSpecks':
      return one(removeSpecks(first!, number, size))
    case 'grow':
      return one(grow(first!, number, size))
    case 'shrink':
      return one(shrink(first!, number, size))
    case 'smooth':
      return one(smooth(first!, number, size))
    case 'simplify':
      return one(
        first!.kind === 'polygon'
          ? { kind: 'polygon', polygons: simplifyPolygons(first!.polygons, number) }
          : null,
      )
    case 'toMask':
      return one(asMask(first!, size))
    case 'toPolygon':
      return one(asPolygon(first!, number))
    case 'split':
      return split(first!, request.line!, size)?.map(one) ?? null
    case 'ways':
      return ways(first!, request.points!)
    case 'unlabelled':
      return unlabelled(areas, number, size)
    default:
      throw new Error(`no operation ${request.op}`)
  }
}

/** Both ways along a border between the places nearest to two points, each with the place where it begins. */
function ways(area: Area, points: readonly (readonly [number, number])[]): unknown {
  const rings = area.kind === 'polygon' ? area.polygons.flat() : []
  const [a, b] = points
  const reach = { vertex: 0.5, edge: 1000 }
  const from = nearestPlace(rings, ...a!, reach)
  const to = nearestPlace(rings, ...b!, reach, from)
  if (!from || from.ring !== to?.ring) return null
  return [true, false].map((onwards) => [from.x, from.y, ...wayAlong(from, to, onwards)])
}

/** Counts after every object, then after the first `removed` of them are gone again; and the regions at the end. */
function unlabelled(areas: readonly Area[], removed: number, size: Size): unknown {
  const coverage = new Coverage(size)
  const counts = areas.map((area, k) => {
    coverage.put(newRecord({ id: String(k), classIndex: 1 }, area))
    return coverage.count()
  })
  for (let k = 0; k < removed; k++) coverage.remove(String(k))
  const regions = coverage.regions(1000).map((region) => {
    const mask = coverage.regionAt(region.x, region.y)!
    return { ...region, counts: Array.from(expand(mask, size.height, size.width)) }
  })
  const rest = Array.from(expand(coverage.rest(), size.height, size.width))
  return { counts, last: coverage.count(), regions, rest }
}

createInterface({ input: process.stdin }).on('line', (line) => {
  let value: unknown
  try {
    value = { value: answer(JSON.parse(line) as Request) }
  } catch (error) {
    value = { error: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
  process.stdout.write(`${JSON.stringify(value)}\n`)
})
