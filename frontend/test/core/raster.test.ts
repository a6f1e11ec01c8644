import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { newRecord } from '@/core/document'
import { pointInPolygon } from '@/core/geometry'
import { labelMap, rasterise, rasteriseCrop, rasterisePolygon } from '@/core/raster'

import { polygons, rings, shown } from './arbitraries'

const ring = (...values: number[]): Float32Array => Float32Array.from(values)

describe('rasterisePolygon', () => {
  test('a square from 1 to 4 covers pixels 1, 2 and 3 of both axes', () => {
    expect(shown(rasterisePolygon([ring(1, 1, 4, 1, 4, 4, 1, 4)], 5, 5))).toEqual([
      '.....',
      '.###.',
      '.###.',
      '.###.',
      '.....',
    ])
  })

  test('edges through pixel centres take the top and left pixels only', () => {
    expect(shown(rasterisePolygon([ring(0.5, 0.5, 2.5, 0.5, 2.5, 2.5, 0.5, 2.5)], 3, 3))).toEqual([
      '##.',
      '##.',
      '...',
    ])
  })

  test('a hole is left out', () => {
    const bitmap = rasterisePolygon([ring(0, 0, 5, 0, 5, 3, 0, 3), ring(1, 1, 1, 2, 4, 2, 4, 1)], 3, 5)
    expect(shown(bitmap)).toEqual(['#####', '#...#', '#####'])
  })

  test('what lies outside the image keeps its parity and is cut off', () => {
    expect(shown(rasterisePolygon([ring(-10, -10, 2, -10, 2, 10, -10, 10)], 2, 4))).toEqual(['##..', '##..'])
  })

  test('a pixel is set exactly when its centre is inside', () => {
    fc.assert(
      fc.property(polygons, (polygon) => {
        const { data } = rasterisePolygon(polygon, 16, 17)
        for (let j = 0; j < 16; j++) {
          for (let i = 0; i < 17; i++) {
            expect(data[j * 17 + i] === 1).toBe(pointInPolygon(polygon, i + 0.5, j + 0.5))
          }
        }
      }),
    )
  })

  test('two triangles that share an edge neither overlap nor leave a gap', () => {
    fc.assert(
      fc.property(rings, (points) => {
        const [ax, ay, bx, by, cx, cy] = points as unknown as number[] as [
          number,
          number,
          number,
          number,
          number,
          number,
        ]
        // The parallelogram a, b, c, a + c - b is cut along a-c into two triangles.
        const [dx, dy] = [Math.fround(ax + cx - bx), Math.fround(ay + cy - by)]
        const whole = rasterisePolygon([ring(ax, ay, bx, by, cx, cy, dx, dy)], 16, 16).data
        const one = rasterisePolygon([ring(ax, ay, bx, by, cx, cy)], 16, 16).data
        const other = rasterisePolygon([ring(ax, ay, cx, cy, dx, dy)], 16, 16).data
        for (let k = 0; k < whole.length; k++) expect(one[k]! ^ other[k]!).toBe(whole[k]!)
      }),
    )
  })
})

test('an object of two overlapping polygons is their union', () => {
  const square = (x: number): Float32Array[] => [ring(x, 0, x + 3, 0, x + 3, 2, x, 2)]
  const geometry = { kind: 'polygon', polygons: [square(0), square(2)] } as const
  expect(shown(rasterise(geometry, 2, 6))).toEqual(['#####.', '#####.'])
})

test('the crop of an object holds the same pixels as the whole image', () => {
  fc.assert(
    fc.property(fc.array(polygons, { minLength: 1, maxLength: 3 }), (list) => {
      const whole = list.map((polygon) => rasterisePolygon(polygon, 15, 15).data)
      const { data } = rasterise({ kind: 'polygon', polygons: list }, 15, 15)
      data.forEach((value, k) => expect(value).toBe(whole.some((d) => d[k] === 1) ? 1 : 0))
      const crop = rasteriseCrop({ kind: 'polygon', polygons: list }, 15, 15)
      expect(crop.x).toBeGreaterThanOrEqual(0)
      expect(crop.x + crop.bitmap.width).toBeLessThanOrEqual(15)
    }),
  )
})

test('a label map paints by z, then revision, then id', () => {
  const box = (id: string, classIndex: number, z: number, created: number, x: number) => ({
    ...newRecord({ id, classIndex, z }, { kind: 'box', box: [x, 0, x + 2, 1] }),
    created,
  })
  const labels = labelMap(
    [box('b', 3, 0, 5, 2), box('a', 2, 0, 5, 1), box('c', 1, 1, 1, 3), box('d', 4, 0, 2, 0)],
    1,
    6,
  )
  expect([...labels]).toEqual([4, 2, 3, 1, 1, 0])
})
