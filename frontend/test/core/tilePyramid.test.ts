import { describe, expect, it } from 'vitest'

import {
  childrenOf,
  levelForScale,
  parentOf,
  stepOf,
  tileBounds,
  tilesIn,
  type TilePyramid,
} from '@/core/tilePyramid'

// 1300 x 900 in tiles of 512: levels of 325 x 225 (1 tile), 650 x 450 (2 x 1), 1300 x 900 (3 x 2).
const SMALL: TilePyramid = { width: 1300, height: 900, size: 512, levels: 3 }
const HUGE: TilePyramid = { width: 30_000, height: 30_000, size: 512, levels: 7 }

describe('tile pyramid', () => {
  it('chooses the coarsest level that has a pixel for every device pixel', () => {
    expect([1, 0.6, 0.5, 0.49, 0.25, 0.1, 8].map((scale) => levelForScale(SMALL, scale, 1))).toEqual([
      2, 2, 1, 1, 0, 0, 2,
    ])
    for (const scale of [3, 1, 0.7, 0.5, 0.3, 0.125, 0.03]) {
      const level = levelForScale(HUGE, scale, 1)
      if (level < HUGE.levels - 1) expect(1 / stepOf(HUGE, level)).toBeGreaterThanOrEqual(scale)
      if (level > 0) expect(1 / stepOf(HUGE, level - 1)).toBeLessThan(scale)
    }
  })

  it('takes a coarser level while moving', () => {
    expect(levelForScale(HUGE, 1, 0.5)).toBe(levelForScale(HUGE, 1, 1) - 1)
  })

  it('covers the image with tiles that neither overlap nor leave a gap', () => {
    const whole = { x0: 0, y0: 0, x1: 1300, y1: 900 }
    for (const level of [0, 1, 2]) {
      const bounds = tilesIn(SMALL, level, whole).map((place) => tileBounds(SMALL, place))
      const area = bounds.reduce((sum, { x0, y0, x1, y1 }) => sum + (x1 - x0) * (y1 - y0), 0)
      expect(area).toBe(1300 * 900)
    }
    expect([0, 1, 2].map((level) => tilesIn(SMALL, level, whole).length)).toEqual([1, 2, 6])
  })

  it('names the tiles that a part touches, nearest to its middle first', () => {
    const places = tilesIn(HUGE, 6, { x0: 10_000, y0: 10_000, x1: 11_000, y1: 10_100 })
    expect(places.length).toBe(3)
    expect(places[0]).toEqual({ level: 6, column: 20, row: 19 })
  })

  it('gives none outside the image', () => {
    expect(tilesIn(SMALL, 2, { x0: 1400, y0: 0, x1: 1500, y1: 10 })).toEqual([])
    expect(tilesIn(SMALL, 2, { x0: -50, y0: -50, x1: 0, y1: 0 })).toEqual([])
    expect(tilesIn(SMALL, 2, { x0: -50, y0: -50, x1: 1, y1: 1 }).length).toBe(1)
  })

  it('knows parents and children, at the border too', () => {
    expect(parentOf({ level: 2, column: 2, row: 1 })).toEqual({ level: 1, column: 1, row: 0 })
    expect(parentOf({ level: 0, column: 0, row: 0 })).toBeNull()
    expect(childrenOf(SMALL, { level: 1, column: 1, row: 0 })).toEqual([
      { level: 2, column: 2, row: 0 },
      { level: 2, column: 2, row: 1 },
    ])
    expect(childrenOf(SMALL, { level: 2, column: 0, row: 0 })).toEqual([])
  })
})
