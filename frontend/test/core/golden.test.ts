/** The TypeScript core gives what the Python core gave, case by case. */
import { describe, expect, test } from 'vitest'

import { emptyBitmap, maskFromBitmap } from '@/core/bitmap'
import { clipPolygons } from '@/core/clipping'
import { selfIntersections } from '@/core/crossings'
import { newRecord } from '@/core/document'
import { InvalidInput } from '@/core/errors'
import { pointInRing, polygonArea, ringArea, ringBbox, simplify } from '@/core/geometry'
import { colourFor, HOTKEYS, TABLE, toHex, vocColourMap } from '@/core/palette'
import { instanceMap, labelMap, rasterise } from '@/core/raster'
import * as rle from '@/core/rle'
import { areaOf, bboxOf } from '@/core/shapes'
import { trace } from '@/core/trace'
import { validatePolygons } from '@/core/validation'

import { drawn, shown } from './arbitraries'
import { golden, toGeometry, toLists, toPolygons, type GoldenGeometry } from './goldenFiles'

interface Named {
  readonly name: string
}
type Lists = number[][][]

/** Runs `check` on every case and tells all the names that fail, not only the first. */
function each<T extends Named>(cases: readonly T[], check: (value: T) => void): void {
  expect(cases.length).toBeGreaterThan(0)
  const failures = cases.flatMap((value) => {
    try {
      check(value)
      return []
    } catch (error) {
      return [`${value.name}: ${String(error)}`]
    }
  })
  expect(failures).toEqual([])
}

function bitmapOfRows(rows: readonly string[]) {
  return rows.length > 0 ? drawn(...rows) : emptyBitmap(0, 0)
}

test('rasteriser', () => {
  interface Case extends Named {
    width: number
    height: number
    polygons: Lists
    rows: string[]
  }
  const file = golden<{
    cases: Case[]
    partitions: { name: string; size: number; pieces: number[][]; owner: number[][] }[]
  }>('raster')
  each(file.cases, ({ polygons, height, width, rows }) => {
    const bitmap = rasterise({ kind: 'polygon', polygons: toPolygons(polygons) }, height, width)
    expect(shown(bitmap)).toEqual(rows)
  })
  each(file.partitions, ({ size, pieces, owner }) => {
    const owners = new Array<number>(size * size).fill(-1)
    pieces.forEach((piece, k) => {
      const polygons = toPolygons([[piece]])
      rasterise({ kind: 'polygon', polygons }, size, size).data.forEach((set, at) => {
        if (set === 0) return
        expect(owners[at]).toBe(-1)
        owners[at] = k
      })
    })
    expect(owners).toEqual(owner.flat())
  })
})

test('tracer', () => {
  each(
    golden<{ cases: { name: string; rows: string[]; polygons: Lists }[] }>('trace').cases,
    ({ rows, polygons }) => {
      expect(toLists(trace(bitmapOfRows(rows)))).toEqual(polygons)
    },
  )
})

describe('run lengths', () => {
  interface Crop {
    x: number
    y: number
    width: number
    height: number
    counts: string
  }
  const file = golden<{
    cases: {
      name: string
      rows: string[]
      counts: number[]
      string: string
      area: number
      bbox: number[]
      crop: Crop
    }[]
    pairs: {
      name: string
      a: string[]
      b: string[]
      iou: number
      crowd_iou: number
      union: string[]
      intersection: string[]
    }[]
    bad_strings: { name: string; string: string }[]
    large: {
      name: string
      width: number
      height: number
      crop: Crop
      counts: number[]
      string: string
      area: number
      bbox: number[]
    }[]
  }>('rle')
  const box = ({ x0, y0, x1, y1 }: { x0: number; y0: number; x1: number; y1: number }) => [x0, y0, x1, y1]
  const asMask = (crop: Crop) => ({ ...crop, counts: rle.countsFromString(crop.counts) })

  test('of one mask', () => {
    each(file.cases, ({ rows, counts, string, area, bbox, crop }) => {
      const bitmap = bitmapOfRows(rows)
      const runs = rle.encode(bitmap)
      expect([...runs]).toEqual(counts)
      expect(rle.countsToString(runs)).toBe(string)
      expect([...rle.countsFromString(string)]).toEqual(counts)
      expect(rle.decode(runs, bitmap.height, bitmap.width).data).toEqual(bitmap.data)
      expect(rle.area(runs)).toBe(area)
      expect(box(rle.bbox(runs, bitmap.height))).toEqual(bbox)
      expect(rle.crop(runs, bitmap.height, bitmap.width)).toEqual(asMask(crop))
      expect(maskFromBitmap(bitmap)).toEqual(asMask(crop))
      expect([...rle.expand(asMask(crop), bitmap.height, bitmap.width)]).toEqual(counts)
    })
  })

  test('of two masks', () => {
    each(file.pairs, (pair) => {
      const [a, b] = [rle.encode(drawn(...pair.a)), rle.encode(drawn(...pair.b))]
      expect(rle.iou(a, b)).toBeCloseTo(pair.iou, 12)
      expect(rle.iou(a, b, { isCrowd: true })).toBeCloseTo(pair.crowd_iou, 12)
      expect(rle.merge([a, b])).toEqual(rle.encode(drawn(...pair.union)))
      expect(rle.merge([a, b], { intersect: true })).toEqual(rle.encode(drawn(...pair.intersection)))
    })
  })

  test('refuse rubbish', () => {
    each(file.bad_strings, ({ string }) => expect(() => rle.countsFromString(string)).toThrow(InvalidInput))
  })

  test('of images too large to decode', () => {
    each(file.large, ({ width, height, crop, counts, string, area, bbox }) => {
      const runs = rle.countsFromString(string)
      expect([...runs]).toEqual(counts)
      expect(rle.countsToString(runs)).toBe(string)
      expect(rle.area(runs)).toBe(area)
      expect(box(rle.bbox(runs, height))).toEqual(bbox)
      expect(rle.crop(runs, height, width)).toEqual(asMask(crop))
      expect([...rle.expand(asMask(crop), height, width)]).toEqual(counts)
    })
  })
})

describe('geometry', () => {
  const file = golden<{
    rings: {
      name: string
      ring: number[]
      area: number
      bbox: number[]
      points: [number, number, number][]
    }[]
    simplified: { name: string; ring: number[]; tolerance: number; result: number[] }[]
    clips: {
      name: string
      width: number
      height: number
      polygon: number[][]
      parts: number
      holes: number
      area: number
      rows: string[]
    }[]
    faults: { name: string; polygons: Lists; problems: { where: string }[] }[]
    crossings: { name: string; ring: number[]; pairs: number[][] }[]
  }>('geometry')

  test('area, box and points inside', () => {
    each(file.rings, ({ ring, area, bbox, points }) => {
      const flat = Float32Array.from(ring)
      expect(ringArea(flat)).toBeCloseTo(area, 8)
      expect(Object.values(ringBbox(flat))).toEqual(bbox)
      for (const [x, y, inside] of points) expect(pointInRing(flat, x, y)).toBe(inside === 1)
    })
  })

  test('simplify', () => {
    each(file.simplified, ({ ring, tolerance, result }) => {
      expect([...simplify(Float32Array.from(ring), tolerance)]).toEqual(result)
    })
  })

  test('clip to the image', () => {
    each(file.clips, ({ width, height, polygon, parts, holes, area, rows }) => {
      const clipped = clipPolygons(toPolygons([polygon]), width, height)
      expect(clipped.length).toBe(parts)
      expect(clipped.reduce((sum, part) => sum + part.length - 1, 0)).toBe(holes)
      expect(clipped.reduce((sum, part) => sum + polygonArea(part), 0)).toBeCloseTo(area, 8)
      expect(shown(rasterise({ kind: 'polygon', polygons: clipped }, height, width))).toEqual(rows)
    })
  })

  test('faults of polygons', () => {
    each(file.faults, ({ polygons, problems }) => {
      const found = validatePolygons(toPolygons(polygons), 12, 10)
      expect(found.map(({ where }) => where)).toEqual(problems.map(({ where }) => where))
    })
  })

  test('self-crossings', () => {
    each(file.crossings, ({ ring, pairs }) =>
      expect(selfIntersections(Float32Array.from(ring))).toEqual(pairs),
    )
  })
})

test('boxes and areas of objects', () => {
  type Case = GoldenGeometry & Named & { width: number; height: number; bbox: number[]; area: number }
  each(golden<{ cases: Case[] }>('shapes').cases, (value) => {
    expect(Object.values(bboxOf(toGeometry(value)))).toEqual(value.bbox)
    expect(areaOf(toGeometry(value), value.height, value.width)).toBeCloseTo(value.area, 8)
  })
})

test('label and instance maps', () => {
  type Item = GoldenGeometry & { id: string; class: number; z: number; created: number }
  interface Case extends Named {
    width: number
    height: number
    annotations: Item[]
    label_map: number[][]
    instance_map: number[][]
  }
  each(
    golden<{ cases: Case[] }>('labels').cases,
    ({ annotations, width, height, label_map, instance_map }) => {
      const records = annotations.map((item) => ({
        ...newRecord({ id: item.id, classIndex: item.class, z: item.z }, toGeometry(item)),
        created: item.created,
      }))
      expect([...labelMap(records, height, width)]).toEqual(label_map.flat())
      expect([...instanceMap(records, height, width)]).toEqual(instance_map.flat())
    },
  )
})

test('palette', () => {
  const file = golden<{
    table: string[]
    voc: string[]
    hotkeys: string[]
    chosen: { index: number; taken: number[]; colour: string }[]
  }>('palette')
  expect(TABLE.map(toHex)).toEqual(file.table)
  expect(vocColourMap().map(toHex)).toEqual(file.voc)
  expect(Array.from(HOTKEYS)).toEqual(file.hotkeys)
  for (const { index, taken, colour } of file.chosen) {
    expect(
      toHex(
        colourFor(
          index,
          taken.map((k) => TABLE[k - 1]!),
        ),
      ),
    ).toBe(colour)
  }
})
