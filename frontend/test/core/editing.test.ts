import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { maskFromBitmap } from '@/core/bitmap'
import { crossesAtVertex, isSelfCrossing } from '@/core/crossings'
import type { Geometry } from '@/core/document'
import {
  addHole,
  boxToPolygon,
  clipMask,
  deleteRing,
  deleteVertex,
  insertVertex,
  maskToPolygons,
  moveVertex,
  toMask,
  translate,
} from '@/core/editing'
import { ringArea } from '@/core/geometry'
import { nearestEdge } from '@/core/handles'
import { newRecord } from '@/core/document'
import { imagePoint } from '@/core/points'
import { boxRing, rasterise } from '@/core/raster'
import { area } from '@/core/rle'

import { bitmaps, drawn, polygons, rings, shown } from './arbitraries'
import { toLists } from './goldenFiles'

const square = (x: number, size: number): Float32Array => boxRing([x, x, x + size, x + size])
const shape = {
  kind: 'polygon',
  polygons: [[square(0, 10), square(3, 4)], [square(20, 5)]],
} satisfies Geometry
const box: Geometry = { kind: 'box', box: [1, 2, 5, 8] }
const line: Geometry = { kind: 'polyline', points: Float32Array.of(0, 0, 10, 0, 10, 10) }

function ringsOf(geometry: Geometry | null): number[][][] {
  return geometry?.kind === 'polygon' ? toLists(geometry.polygons) : []
}

describe('vertices', () => {
  test('moving one touches its ring only, and not the old record', () => {
    const moved = moveVertex(shape, { polygon: 0, ring: 1, vertex: 2 }, imagePoint(8.25, 8))
    expect(ringsOf(moved)[0]![1]).toEqual([3, 3, 7, 3, 8.25, 8, 3, 7])
    expect(ringsOf(shape)[0]![1]).toEqual([3, 3, 7, 3, 7, 7, 3, 7])
    expect(moved?.kind === 'polygon' && moved.polygons[1] === shape.polygons[1]).toBe(true)
  })

  test("moving a box's corner keeps the opposite one, also when dragged past it", () => {
    expect(moveVertex(box, { polygon: 0, ring: 0, vertex: 0 }, imagePoint(0, 0))).toEqual({
      kind: 'box',
      box: [0, 0, 5, 8],
    })
    expect(moveVertex(box, { polygon: 0, ring: 0, vertex: 1 }, imagePoint(0, 9))).toEqual({
      kind: 'box',
      box: [0, 8, 1, 9],
    })
  })

  test('inserting puts the vertex on the edge that was hit, also on the closing one', () => {
    const record = newRecord({ id: 'a', classIndex: 1 }, shape)
    const edge = nearestEdge(record, imagePoint(-0.5, 4), 1)!
    expect(ringsOf(insertVertex(shape, edge))[0]![0]).toEqual([0, 0, 10, 0, 10, 10, 0, 10, 0, 4])
    expect(insertVertex(box, edge)).toBeNull()
  })

  test('deleting is refused where too few would remain', () => {
    const once = deleteVertex(shape, { polygon: 1, ring: 0, vertex: 0 })!
    expect(ringsOf(once)[1]![0]).toEqual([25, 20, 25, 25, 20, 25])
    expect(deleteVertex(once, { polygon: 1, ring: 0, vertex: 0 })).toBeNull()
    const shorter = deleteVertex(line, { polygon: 0, ring: 0, vertex: 1 })!
    expect(shorter).toEqual({ kind: 'polyline', points: Float32Array.of(0, 0, 10, 10) })
    expect(deleteVertex(shorter, { polygon: 0, ring: 0, vertex: 1 })).toBeNull()
    expect(deleteVertex(box, { polygon: 0, ring: 0, vertex: 1 })).toBeNull()
  })
})

describe('objects', () => {
  test('masks move by whole pixels', () => {
    const mask = maskFromBitmap(drawn('#'), 4, 5)
    expect(translate({ kind: 'mask', mask }, 1.6, -2.4)).toEqual({
      kind: 'mask',
      mask: { ...mask, x: 6, y: 3 },
    })
  })

  test('moving there and back by whole pixels changes nothing', () => {
    fc.assert(
      fc.property(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 }), (dx, dy) => {
        for (const geometry of [shape, box, line]) {
          expect(translate(translate(geometry, dx, dy), -dx, -dy)).toEqual(geometry)
        }
      }),
    )
  })

  test('a mask moved over the border is cut there', () => {
    const mask = { ...maskFromBitmap(drawn('##', '##')), x: 9, y: 9 }
    expect(clipMask(mask, 10, 10)).toEqual({ ...maskFromBitmap(drawn('#')), x: 9, y: 9 })
    expect(clipMask({ ...mask, x: 10 }, 10, 10)).toBeNull()
    expect(clipMask(mask, 11, 11)).toBe(mask)
  })

  test('a hole goes into the polygon around it, counter-clockwise; elsewhere it is refused', () => {
    const [plain] = [[[square(0, 10)], [square(20, 5)]]]
    const withHole = addHole(plain, square(21, 2))!
    expect(withHole[0]).toBe(plain[0])
    expect(ringArea(withHole[1]![1]!)).toBe(-4)
    expect(addHole(plain, square(8, 5))).toBeNull()
    expect(addHole(plain, Float32Array.of(1, 1, 5, 5, 5, 1, 1, 4))).toBeNull()
    expect(addHole(plain, Float32Array.of(1, 1, 5, 5))).toBeNull()
  })

  test('taking out an outer ring takes out its polygon, but never the last one', () => {
    const lists = shape.polygons
    expect(toLists(deleteRing(lists, 0, 1)!)).toEqual(toLists([[square(0, 10)], [square(20, 5)]]))
    const one = deleteRing(lists, 0, 0)!
    expect(toLists(one)).toEqual(toLists([[square(20, 5)]]))
    expect(deleteRing(one, 0, 0)).toBeNull()
  })

  test('a box as a polygon covers the same pixels', () => {
    const tilted: Geometry = { kind: 'box', box: [0.5, 1.25, 4.5, 3.75] }
    const polygon: Geometry = { kind: 'polygon', polygons: [boxToPolygon(tilted.box)] }
    expect(shown(rasterise(polygon, 5, 6))).toEqual(shown(rasterise(tilted, 5, 6)))
    expect(shown(rasterise(tilted, 5, 6))).toEqual(['......', '####..', '####..', '####..', '......'])
  })

  test('polygon to mask and mask to polygons keep the pixels', () => {
    fc.assert(
      fc.property(polygons, bitmaps, (polygon, bitmap) => {
        const geometry: Geometry = { kind: 'polygon', polygons: [polygon] }
        const pixels = rasterise(geometry, 14, 15)
        const mask = toMask(geometry, 15, 14)
        expect(shown(rasterise({ kind: 'mask', mask }, 14, 15))).toEqual(shown(pixels))
        expect(area(mask.counts)).toBe(pixels.data.reduce((sum, value) => sum + value, 0))
        const traced = maskToPolygons(maskFromBitmap(bitmap, 1, 2))
        const there = rasterise({ kind: 'mask', mask: maskFromBitmap(bitmap, 1, 2) }, 14, 15)
        expect(shown(rasterise({ kind: 'polygon', polygons: traced }, 14, 15))).toEqual(shown(there))
      }),
    )
  })

  test('lines and points have no pixels', () => {
    expect(toMask(line, 20, 20).width).toBe(0)
  })
})

describe('self-crossing', () => {
  test('a bow tie crosses itself, a ring that touches itself does not', () => {
    expect(isSelfCrossing(Float32Array.of(0, 0, 8, 8, 8, 0, 0, 8))).toBe(true)
    expect(isSelfCrossing(Float32Array.of(0, 0, 4, 4, 8, 0, 8, 8, 4, 4, 0, 8))).toBe(false)
  })

  test('a ring crosses itself exactly when it does so at one of its vertices', () => {
    fc.assert(
      fc.property(rings, (ring) => {
        const at = Array.from({ length: ring.length / 2 }, (_, vertex) => crossesAtVertex(ring, vertex))
        expect(at.includes(true)).toBe(isSelfCrossing(ring))
      }),
    )
  })

  test('long rings, searched by a tree, give the same answer', () => {
    const circle = (points: number, swap: boolean): Float32Array => {
      const ring = new Float32Array(2 * points)
      for (let k = 0; k < points; k++) {
        const angle = ((swap && k === 7 ? 9 : swap && k === 9 ? 7 : k) * 2 * Math.PI) / points
        ring[2 * k] = 500 + 400 * Math.cos(angle)
        ring[2 * k + 1] = 500 + 400 * Math.sin(angle)
      }
      return ring
    }
    expect(isSelfCrossing(circle(5000, false))).toBe(false)
    expect(isSelfCrossing(circle(5000, true))).toBe(true)
  })
})
