import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { isSelfCrossing } from '@/core/crossings'
import { simpleLoops } from '@/core/loops'
import { rasterisePolygon } from '@/core/raster'

const loopsOf = (...points: number[]) => simpleLoops(points).map((loop) => [...loop])

describe('the loops of a closed line', () => {
  test('a line that does not cross itself is its only loop, unchanged', () => {
    expect(loopsOf(10, 10, 30, 10, 30, 30, 10, 30)).toEqual([[10, 10, 30, 10, 30, 30, 10, 30]])
  })

  test('a figure of eight gives both its halves', () => {
    expect(loopsOf(0, 0, 10, 10, 10, 0, 0, 10)).toEqual([
      [5, 5, 10, 10, 10, 0],
      [0, 0, 5, 5, 0, 10],
    ])
  })

  test('an outline that overshoots its start keeps the pixels that it goes round twice', () => {
    const line = [10, 10, 30, 10, 30, 30, 10, 30, 10, 5, 20, 5, 20, 15]
    const pixels = rasteriseLoops(line)
    expect(pixels[12 * 40 + 15]).toBe(1)
    expect(rasterisePolygon([Float32Array.from(line)], 40, 40).data[12 * 40 + 15]).toBe(0)
  })

  test('every loop is simple, and together they hold all that the even-odd rule fills', () => {
    const line = fc.array(fc.integer({ min: 0, max: 39 }), { minLength: 6, maxLength: 24 })
    fc.assert(
      fc.property(line, (numbers) => {
        // Off the lattice, so that no two edges lie on each other.
        const points = numbers.slice(0, numbers.length & ~1).map((value, k) => value + Math.sin(k * 7.3) / 3)
        for (const loop of simpleLoops(points)) expect(isSelfCrossing(loop)).toBe(false)
        const filled = rasteriseLoops(points)
        const evenOdd = rasterisePolygon([Float32Array.from(points)], 40, 40).data
        const missed = evenOdd.reduce((sum, value, k) => sum + (value === 1 && filled[k] === 0 ? 1 : 0), 0)
        expect(missed).toBeLessThanOrEqual(2) // a cut edge is two edges of float32, which may pass a centre otherwise
      }),
    )
  })
})

function rasteriseLoops(points: readonly number[]): Uint8Array {
  const pixels = new Uint8Array(40 * 40)
  for (const loop of simpleLoops(points))
    rasterisePolygon([loop], 40, 40).data.forEach((value, k) => (pixels[k] = pixels[k]! | value))
  return pixels
}
