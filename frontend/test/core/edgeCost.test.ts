/** The cost of a pixel, against the reference in Python. */
import { describe, expect, test } from 'vitest'

import { edgeCost } from '@/core/edgeCost'

import { golden } from './goldenFiles'

interface Case {
  readonly name: string
  readonly width: number
  readonly height: number
  readonly rgb: number[]
  readonly cost: number[]
}

const { cases } = golden<{ cases: Case[] }>('edge_cost')

function rgbaOf({ rgb, width, height }: Case): Uint8ClampedArray {
  const rgba = new Uint8ClampedArray(width * height * 4).fill(255)
  for (let k = 0; k < width * height; k++) rgba.set(rgb.slice(3 * k, 3 * k + 3), 4 * k)
  return rgba
}

describe('edge cost', () => {
  test.each(cases)('$name: as the reference, within rounding', (given) => {
    const cost = edgeCost(rgbaOf(given), given)
    const apart = given.cost.map((value, k) => Math.abs(value - cost[k]!))
    const ties = apart.filter((difference) => difference > 1).length
    expect(ties, `of ${apart.length}`).toBeLessThanOrEqual(0.01 * apart.length)
  })

  test('an edge costs less than the ground beside it', () => {
    const given = cases[0]!
    const cost = edgeCost(rgbaOf(given), given)
    const row = [...cost.subarray(5 * 9, 6 * 9)]
    expect(row.indexOf(Math.min(...row))).toBeGreaterThanOrEqual(4)
    expect(row.indexOf(Math.min(...row))).toBeLessThanOrEqual(5)
    expect(row[0]).toBeGreaterThan(200)
  })

  test('one colour has no edges: everything costs the most', () => {
    const rgba = new Uint8ClampedArray(5 * 4 * 4).fill(90)
    expect([...edgeCost(rgba, { width: 5, height: 4 })]).toEqual(Array(20).fill(255))
  })
})
