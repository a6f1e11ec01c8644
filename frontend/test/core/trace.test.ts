import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { emptyBitmap } from '@/core/bitmap'
import type { Polygon } from '@/core/document'
import { ringArea } from '@/core/geometry'
import { rasterise } from '@/core/raster'
import { trace } from '@/core/trace'

import { bitmaps, drawn, shown } from './arbitraries'

const numbers = (polygons: readonly Polygon[]): number[][][] => polygons.map((p) => p.map((r) => [...r]))

describe('trace', () => {
  test('a single pixel gives its square, clockwise from the top left', () => {
    expect(numbers(trace(drawn('...', '.#.', '...')))).toEqual([[[1, 1, 2, 1, 2, 2, 1, 2]]])
  })

  test('a ring of pixels keeps its hole, counter-clockwise from the top left', () => {
    expect(numbers(trace(drawn('###', '#.#', '###')))).toEqual([
      [
        [0, 0, 3, 0, 3, 3, 0, 3],
        [1, 1, 1, 2, 2, 2, 2, 1],
      ],
    ])
  })

  test('pixels that only touch diagonally are two polygons', () => {
    expect(numbers(trace(drawn('#.', '.#')))).toEqual([
      [[0, 0, 1, 0, 1, 1, 0, 1]],
      [[1, 1, 2, 1, 2, 2, 1, 2]],
    ])
  })

  test('a component that touches itself diagonally gets a hole that touches its outline', () => {
    expect(numbers(trace(drawn('###', '#.#', '##.')))).toEqual([
      [
        [0, 0, 3, 0, 3, 2, 2, 2, 2, 3, 0, 3],
        [1, 1, 1, 2, 2, 2, 2, 1],
      ],
    ])
  })

  test('an empty mask has no polygons', () => {
    expect(trace(emptyBitmap(4, 3))).toEqual([])
    expect(trace(emptyBitmap(0, 0))).toEqual([])
  })

  test('rasterising the trace gives the mask back', () => {
    fc.assert(
      fc.property(bitmaps, (bitmap) => {
        const polygons = trace(bitmap)
        expect(shown(rasterise({ kind: 'polygon', polygons }, bitmap.height, bitmap.width))).toEqual(
          shown(bitmap),
        )
      }),
      { numRuns: 1000 },
    )
  })

  test('rings are simple, oriented, without collinear vertices, and start at their top-left vertex', () => {
    fc.assert(
      fc.property(bitmaps, (bitmap) => {
        for (const polygon of trace(bitmap)) {
          polygon.forEach((ring, k) => {
            expect(ringArea(ring) > 0).toBe(k === 0)
            const points = Array.from(
              { length: ring.length / 2 },
              (_, i) => [ring[2 * i + 1]!, ring[2 * i]!] as const,
            )
            expect(new Set(points.map(String)).size).toBe(points.length)
            expect([...points].sort(([ay, ax], [by, bx]) => ay - by || ax - bx)[0]).toEqual(points[0])
            points.forEach(([y, x], i) => {
              const [py, px] = points.at(i - 1)!
              const [ny, nx] = points[(i + 1) % points.length]!
              expect((x - px) * (ny - y) - (y - py) * (nx - x)).not.toBe(0)
            })
          })
        }
      }),
      { numRuns: 500 },
    )
  })
})
