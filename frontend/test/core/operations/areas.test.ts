/** Operations on areas by hand-computed cases; the properties are tested against NumPy and shapely in tests/operations. */
import { describe, expect, test } from 'vitest'

import { differenceOf, intersectionOf, joined, unionOf } from '../../../src/core/operations/boolean'
import { fillHoles, removeSpecks, separate } from '../../../src/core/operations/components'
import { asMask, asPolygon } from '../../../src/core/operations/convert'
import { grow, shrink } from '../../../src/core/operations/resize'
import { simplifyPolygons } from '../../../src/core/operations/simplify'
import { smooth } from '../../../src/core/operations/smooth'
import { conflicts } from '../../../src/core/operations/topology'
import { area, maskOf, picture, polygon, rings } from './picture'

const SIZE = { width: 10, height: 8 }
const square = polygon([1, 1, 6, 1, 6, 6, 1, 6])
const right = polygon([4, 2, 9, 2, 9, 5, 4, 5])

describe('boolean operations', () => {
  test('the union of two outlines is one outline with the corners of both', () => {
    expect(rings(unionOf([square, right], SIZE))).toEqual([[1, 1, 6, 1, 6, 2, 9, 2, 9, 5, 6, 5, 6, 6, 1, 6]])
  })

  test('the difference keeps a hole as a hole', () => {
    const hole = polygon([2, 2, 4, 2, 4, 4, 2, 4])
    const left = differenceOf(square, [hole], SIZE)
    expect(rings(left)).toHaveLength(2)
    expect(picture(left, 7, 7)).toEqual([
      '.......',
      '.#####.',
      '.#..##.',
      '.#..##.',
      '.#####.',
      '.#####.',
      '.......',
    ])
  })

  test('what share no pixel have no intersection', () => {
    expect(intersectionOf([square, polygon([7, 1, 9, 1, 9, 3])], SIZE)).toBeNull()
    expect(rings(intersectionOf([square, right], SIZE))).toEqual([[4, 2, 6, 2, 6, 5, 4, 5]])
  })

  test('the outcome is of the first one’s kind', () => {
    expect(unionOf([square, area('###')], SIZE)?.kind).toBe('polygon')
    expect(unionOf([area('###'), square], SIZE)?.kind).toBe('mask')
    expect(unionOf([{ kind: 'box', box: [0, 0, 2, 2] }, square], SIZE)?.kind).toBe('polygon')
  })

  test('an outline too thin for a pixel leaves nothing behind', () => {
    const sliver = polygon([1, 1.6, 9, 1.6, 9, 1.9, 1, 1.9])
    expect(rings(differenceOf(sliver, [square], SIZE))).toEqual([])
  })

  test('joining keeps every outline as it is', () => {
    expect(rings(joined([square, right], SIZE))).toEqual([...rings(square), ...rings(right)])
  })
})

describe('parts', () => {
  const ring = ['.####.', '.#..#.', '.#.##.', '.####.', '......', '#.....']

  test('pixels that touch at a corner only are different parts', () => {
    expect(separate(area('##..', '..#.', '..#.'), SIZE).map((part) => picture(part, 4, 3))).toEqual([
      ['##..', '....', '....'],
      ['....', '..#.', '..#.'],
    ])
  })

  test('a hole below the limit is filled, a larger one stays, and so does a bay', () => {
    expect(picture(fillHoles(area(...ring), Infinity, SIZE), 6, 6)).toEqual([
      '.####.',
      '.####.',
      '.####.',
      '.####.',
      '......',
      '#.....',
    ])
    expect(picture(fillHoles(area(...ring), 3, SIZE), 6, 6)).toEqual(ring)
    expect(picture(fillHoles(area('###', '#..', '###'), Infinity, SIZE), 3, 3)).toEqual(['###', '#..', '###'])
  })

  test('filling the hole of an outline leaves its other vertices', () => {
    const outer = [0.25, 0.5, 8.5, 0.5, 8.5, 7.25, 0.25, 7.25]
    const holed = polygon(outer, [2, 2, 2, 4, 4, 4, 4, 2])
    expect(rings(fillHoles(holed, Infinity, SIZE))).toEqual([outer])
    expect(fillHoles(holed, 4, SIZE)).toBe(holed)
  })

  test('specks below the limit go; all of them is nothing', () => {
    expect(picture(removeSpecks(area(...ring), 2, SIZE), 6, 6)).toEqual([...ring.slice(0, 5), '......'])
    expect(removeSpecks(area('#.#'), 2, SIZE)).toBeNull()
  })
})

describe('growing, shrinking, smoothing', () => {
  test('a pixel grows to a disc', () => {
    expect(picture(grow(area('.....', '.....', '..#..'), 2, SIZE), 5, 5)).toEqual([
      '..#..',
      '.###.',
      '#####',
      '.###.',
      '..#..',
    ])
  })

  test('growing stops at the image, and shrinking takes nothing away there', () => {
    const half = area('###.......', '###.......', '###.......')
    expect(picture(shrink(half, 1, { width: 10, height: 3 }), 4, 3)).toEqual(['##..', '##..', '##..'])
    expect(picture(grow(half, 1, { width: 10, height: 3 }), 5, 3)).toEqual(['####.', '####.', '####.'])
    expect(shrink(area('...', '.#.', '...'), 1, SIZE)).toBeNull()
  })

  test('smoothing takes a spike away and fills a notch', () => {
    const rough = area('....#.....', '.########.', '.########.', '.###.####.', '.########.', '.########.')
    expect(picture(smooth(rough, 1, SIZE), 10, 6)).toEqual([
      '..........',
      '.########.',
      '.########.',
      '.########.',
      '.########.',
      '.########.',
    ])
  })

  test('an outline’s corners are cut by no more than asked', () => {
    const smoothed = rings(smooth(square, 1, SIZE))
    expect(smoothed[0]).toHaveLength(32)
    expect(conflicts(smoothed.map((ring) => Float32Array.from(ring)))).toEqual([])
    expect(Math.min(...smoothed[0]!)).toBe(1)
  })
})

describe('simplifying', () => {
  const ring = (...points: number[]) => Float32Array.from(points)

  test('a hole stays inside though the plain rule would cut past it', () => {
    const outer = ring(0, 0, 5, 1.9, 10, 0, 10, 10, 0, 10)
    const hole = ring(0.6, 0.6, 0.6, 1.1, 1, 1.1)
    const [around] = simplifyPolygons(
      [[ring(0, 10, 0, 0, 5, -2, 10, 0, 10, 10), ring(5, -1, 4.5, -0.5, 5.5, -0.5)]],
      3,
    )
    expect(around![0]).toHaveLength(10)
    expect(conflicts(simplifyPolygons([[outer, hole]], 3).flat())).toEqual([])
  })

  test('what is nearly straight becomes straight', () => {
    expect(simplifyPolygons([[ring(0, 0, 3, 0.1, 6, 0, 6, 6, 0, 6)]], 0.5)).toEqual([
      [ring(0, 0, 6, 0, 6, 6, 0, 6)],
    ])
  })

  test('no ring falls below a triangle', () => {
    const [small] = simplifyPolygons([[ring(0, 0, 1, 0, 1, 1, 0, 1)]], 50)
    expect(small![0]!.length).toBeGreaterThanOrEqual(6)
  })
})

describe('conversions', () => {
  test('a mask’s outline and back is the mask', () => {
    const shape = area('.##.', '#..#', '####')
    const outline = asPolygon(shape, 0)
    expect(outline.kind).toBe('polygon')
    expect(asMask(outline, SIZE)).toEqual({ kind: 'mask', mask: maskOf('.##.', '#..#', '####') })
  })

  test('a box becomes its four corners', () => {
    expect(rings(asPolygon({ kind: 'box', box: [1, 2, 4, 6] }, 0))).toEqual([[1, 2, 4, 2, 4, 6, 1, 6]])
  })

  test('a large sparse mask costs its outline, not its area', () => {
    const size = { width: 30_000, height: 30_000 }
    const frame = polygon(
      [0, 0, 30_000, 0, 30_000, 30_000, 0, 30_000],
      [10, 10, 10, 29_990, 29_990, 29_990, 29_990, 10],
    )
    const began = performance.now()
    const mask = asMask(frame, size)!
    expect(rings(asPolygon(mask, 0))).toEqual(rings(frame))
    expect(rings(asPolygon(grow(mask, 3, size)!, 0))[1]![0]).toBe(13)
    expect(performance.now() - began).toBeLessThan(5000)
  })
})
