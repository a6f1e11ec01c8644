import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { maskFromBitmap, maskHas } from '@/core/bitmap'
import { compareOrder, newRecord, type AnnotationRecord, type Geometry } from '@/core/document'
import { nearestHandle, verticesIn } from '@/core/handles'
import { imagePoint } from '@/core/points'
import { boxRing, rasterise } from '@/core/raster'
import { SpatialIndex } from '@/core/spatialIndex'
import { DocumentStore } from '@/core/store'

import { bitmaps, drawn } from './arbitraries'

function record(id: string, geometry: Geometry, z = 0): AnnotationRecord {
  return { ...newRecord({ id, classIndex: 1, z }, geometry), created: 1 }
}
const box = (x0: number, y0: number, x1: number, y1: number): Geometry => ({
  kind: 'box',
  box: [x0, y0, x1, y1],
})
const square = (x: number, size: number): Float32Array => boxRing([x, x, x + size, x + size])

describe('hit test', () => {
  const frame = record('frame', { kind: 'polygon', polygons: [[square(0, 10), square(3, 4)]] })
  const under = record('under', box(2, 2, 9, 9), -1)
  const index = new SpatialIndex([frame, under])

  test('the topmost object wins, and through its hole the one below', () => {
    expect(index.hit(imagePoint(1, 1))?.id).toBe('frame')
    expect(index.hit(imagePoint(2.5, 2.5))?.id).toBe('frame')
    expect(index.hit(imagePoint(5, 5))?.id).toBe('under')
    expect(index.hitAll(imagePoint(2.5, 2.5)).map(({ id }) => id)).toEqual(['frame', 'under'])
  })

  test('hidden objects are passed over', () => {
    expect(index.hit(imagePoint(2.5, 2.5), { accepts: ({ id }) => id !== 'frame' })?.id).toBe('under')
  })

  test('an outline is hit from outside only within the tolerance', () => {
    expect(index.hit(imagePoint(12, 5))).toBeNull()
    expect(index.hit(imagePoint(12, 5), { tolerance: 1.9 })).toBeNull()
    expect(index.hit(imagePoint(12, 5), { tolerance: 2 })?.id).toBe('frame')
  })

  test('masks are hit by their pixels', () => {
    const mask = maskFromBitmap(drawn('##.', '#..'), 100, 50)
    const masks = new SpatialIndex([record('mask', { kind: 'mask', mask })])
    expect(masks.hit(imagePoint(100.5, 51.9))?.id).toBe('mask')
    expect(masks.hit(imagePoint(101.5, 51.5))).toBeNull()
    expect(masks.hit(imagePoint(101.5, 51.5), { tolerance: 0.5 })?.id).toBe('mask')
  })

  test('lines and points are hit within the tolerance', () => {
    const thin = new SpatialIndex([
      record('line', { kind: 'polyline', points: Float32Array.of(0, 0, 10, 0) }),
      record('point', { kind: 'point', points: Float32Array.of(20, 0) }),
    ])
    expect(thin.hit(imagePoint(5, 1), { tolerance: 1 })?.id).toBe('line')
    expect(thin.hit(imagePoint(5, 1.1), { tolerance: 1 })).toBeNull()
    expect(thin.hit(imagePoint(20, 2), { tolerance: 3 })?.id).toBe('point')
  })
})

test('a pixel look-up in a mask agrees with the bitmap', () => {
  fc.assert(
    fc.property(bitmaps, fc.integer({ min: -3, max: 9 }), fc.integer({ min: -3, max: 9 }), (bitmap, x, y) => {
      const mask = maskFromBitmap(bitmap, x, y)
      const image = rasterise({ kind: 'mask', mask }, 22, 22)
      for (let j = 0; j < 22; j++) {
        for (let i = 0; i < 22; i++) expect(maskHas(mask, i, j)).toBe(image.data[j * 22 + i] === 1)
      }
    }),
  )
})

test('after any changes, queries answer as a search through all records does', () => {
  const place = fc.integer({ min: 0, max: 30 })
  const operation = fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), fc.boolean(), place, place)
  fc.assert(
    fc.property(
      fc.array(fc.array(operation, { maxLength: 4 }), { maxLength: 10 }),
      place,
      place,
      (steps, x, y) => {
        const store = new DocumentStore([record('a', box(0, 0, 5, 5))])
        const index = new SpatialIndex(store.records.values())
        store.subscribe(({ diff }) => index.apply(diff))
        for (const step of steps) {
          store.transact('user', (transaction) => {
            for (const [id, put, left, top] of step) {
              if (put) transaction.put(record(id, box(left, top, left + 4, top + 3)))
              else transaction.remove(id)
            }
          })
        }
        const rect = { x0: x, y0: y, x1: x + 6, y1: y + 6 }
        const wanted = store.ordered().filter((r) => {
          if (r.kind !== 'box') return false
          return r.box[0] <= rect.x1 && r.box[2] >= rect.x0 && r.box[1] <= rect.y1 && r.box[3] >= rect.y0
        })
        expect(index.queryOrdered(rect)).toEqual(wanted)
        expect(index.size).toBe(store.size)
        const covering = store
          .ordered()
          .filter((r) => r.kind === 'box' && x >= r.box[0] && x < r.box[2] && y >= r.box[1] && y < r.box[3])
        expect(index.hit(imagePoint(x, y))).toEqual(covering.sort(compareOrder).at(-1) ?? null)
      },
    ),
  )
})

describe('handles', () => {
  const polygon = record('a', { kind: 'polygon', polygons: [[square(0, 10), square(3, 4)]] })

  test('a vertex within the tolerance wins over the edge', () => {
    expect(nearestHandle(polygon, imagePoint(3.5, 3), 1)).toMatchObject({
      kind: 'vertex',
      ring: 1,
      vertex: 0,
    })
  })

  test('between vertices the nearest edge and the place on it are given', () => {
    expect(nearestHandle(polygon, imagePoint(4, 10.5), 1)).toEqual({
      kind: 'edge',
      polygon: 0,
      ring: 0,
      vertex: 2,
      point: imagePoint(4, 10),
      t: 0.6,
      distance: 0.5,
    })
    expect(nearestHandle(polygon, imagePoint(4, 12), 1)).toBeNull()
  })

  test('a line has no edge from its end to its start', () => {
    const line = record('l', { kind: 'polyline', points: Float32Array.of(0, 0, 10, 0, 10, 10) })
    expect(nearestHandle(line, imagePoint(5, 5), 2)).toBeNull()
  })

  test('the vertices inside a rectangle', () => {
    expect(verticesIn(polygon, { x0: -1, y0: -1, x1: 4, y1: 4 })).toEqual([
      { polygon: 0, ring: 0, vertex: 0 },
      { polygon: 0, ring: 1, vertex: 0 },
    ])
  })
})
