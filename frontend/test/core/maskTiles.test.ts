import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { emptyBitmap, maskFromBitmap, type Bitmap } from '@/core/bitmap'
import { forEachBrushSpan, snapBrush, type Brush } from '@/core/brush'
import type { MaskGeometry } from '@/core/document'
import { nearestOnSegment } from '@/core/geometry'
import { MaskTiles, TILE } from '@/core/maskTiles'
import { rasterise, rasterisePolygon } from '@/core/raster'
import { expand } from '@/core/rle'

import { bitmaps, drawn, polygons, shown } from './arbitraries'

interface XY {
  x: number
  y: number
}

function painted(from: XY, to: XY, brush: Brush, width: number, height: number): Bitmap {
  const bitmap = emptyBitmap(width, height)
  forEachBrushSpan(from, to, brush, { x0: 0, y0: 0, x1: width, y1: height }, (row, x0, x1) => {
    expect(x0 >= 0 && x0 < x1 && x1 <= width && row >= 0 && row < height).toBe(true)
    bitmap.data.fill(1, row * width + x0, row * width + x1)
  })
  return bitmap
}

const place = fc.record({
  x: fc.double({ min: -3, max: 23, noNaN: true }),
  y: fc.double({ min: -3, max: 23, noNaN: true }),
})
const brushes = fc.record({
  size: fc.oneof(fc.integer({ min: 1, max: 16 }), fc.double({ min: 0.5, max: 16, noNaN: true })),
  shape: fc.constantFrom('round' as const, 'square' as const),
})

describe('brush pixels', () => {
  test('size 1 on a pixel centre is that pixel', () => {
    for (const shape of ['round', 'square'] as const) {
      const at = { x: 1.5, y: 1.5 }
      expect(shown(painted(at, at, { size: 1, shape }, 3, 3))).toEqual(['...', '.#.', '...'])
    }
  })

  test('a round brush of size 4 on a pixel corner is symmetrical', () => {
    const at = { x: 3, y: 3 }
    expect(shown(painted(at, at, { size: 4, shape: 'round' }, 6, 6))).toEqual([
      '......',
      '..##..',
      '.####.',
      '.####.',
      '..##..',
      '......',
    ])
  })

  test('a round brush of size 5 on a pixel centre is symmetrical', () => {
    const at = { x: 3.5, y: 3.5 }
    expect(shown(painted(at, at, { size: 5, shape: 'round' }, 7, 7))).toEqual([
      '.......',
      '..###..',
      '.#####.',
      '.#####.',
      '.#####.',
      '..###..',
      '.......',
    ])
  })

  test('an outline through pixel centres takes the top and left ones only', () => {
    const at = { x: 1.5, y: 1.5 }
    expect(shown(painted(at, at, { size: 2, shape: 'square' }, 3, 3))).toEqual(['##.', '##.', '...'])
    expect(shown(painted(at, at, { size: 2, shape: 'round' }, 3, 3))).toEqual(['...', '##.', '...'])
  })

  test('a slanted stroke of size 1 has no gaps', () => {
    const stroke = painted({ x: 0.5, y: 0.5 }, { x: 5.5, y: 2.5 }, { size: 1, shape: 'square' }, 6, 3)
    expect(shown(stroke)).toEqual(['##....', '.####.', '....##'])
  })

  test('a stroke is where the brush has been: exactly, by the distance to the segment', () => {
    fc.assert(
      fc.property(place, place, fc.double({ min: 0.5, max: 16, noNaN: true }), (from, to, size) => {
        const { data } = painted(from, to, { size, shape: 'round' }, 20, 20)
        for (let j = 0; j < 20; j++) {
          for (let i = 0; i < 20; i++) {
            const { squared } = nearestOnSegment(from.x, from.y, to.x, to.y, i + 0.5, j + 0.5)
            const gap = Math.sqrt(squared) - size / 2
            if (Math.abs(gap) > 1e-9) expect(data[j * 20 + i] === 1).toBe(gap < 0)
          }
        }
      }),
    )
  })

  test('a square stroke holds the square at every place on the way, and nothing beyond it', () => {
    fc.assert(
      fc.property(place, place, fc.double({ min: 0.5, max: 16, noNaN: true }), (from, to, size) => {
        const { data } = painted(from, to, { size, shape: 'square' }, 20, 20)
        for (let j = 0; j < 20; j++) {
          for (let i = 0; i < 20; i++) {
            const gap = squareDistance(from, to, i + 0.5, j + 0.5) - size / 2
            if (Math.abs(gap) > 1e-6) expect(data[j * 20 + i] === 1).toBe(gap < 0)
          }
        }
      }),
    )
  })

  test('a stroke covers the brush at both its ends, whatever its direction', () => {
    fc.assert(
      fc.property(place, place, brushes, (from, to, brush) => {
        const stroke = painted(from, to, brush, 20, 20).data
        const back = painted(to, from, brush, 20, 20).data
        for (const end of [from, to]) {
          painted(end, end, brush, 20, 20).data.forEach((set, k) => {
            if (set === 1) expect([stroke[k], back[k]]).toEqual([1, 1])
          })
        }
      }),
    )
  })

  test('snapping puts odd brushes on pixel centres and even ones on corners', () => {
    expect(snapBrush({ x: 3.9, y: 3.2 }, 5)).toEqual({ x: 3.5, y: 3.5 })
    expect(snapBrush({ x: 3.9, y: 3.2 }, 4)).toEqual({ x: 4, y: 3 })
  })
})

/** Smallest Chebyshev distance from (x, y) to the segment, by ternary search (it is convex along the segment). */
function squareDistance(from: XY, to: XY, x: number, y: number): number {
  const at = (t: number) =>
    Math.max(Math.abs(from.x + t * (to.x - from.x) - x), Math.abs(from.y + t * (to.y - from.y) - y))
  let [low, high] = [0, 1]
  for (let k = 0; k < 100; k++) {
    const [a, b] = [low + (high - low) / 3, high - (high - low) / 3]
    if (at(a) < at(b)) high = b
    else low = a
  }
  return at((low + high) / 2)
}

/** An image of a little over 2 x 2 tiles, so that strokes cross the tiles' borders. */
const [WIDTH, HEIGHT] = [2 * TILE + 20, TILE + 30]
const anywhere = fc.record({
  x: fc.double({ min: -20, max: WIDTH + 20, noNaN: true }),
  y: fc.double({ min: -20, max: HEIGHT + 20, noNaN: true }),
})
const strokes = fc.record({
  from: anywhere,
  to: anywhere,
  size: fc.double({ min: 1, max: 400, noNaN: true }),
  value: fc.constantFrom(0 as const, 1 as const),
})

function bitmapOf(tiles: MaskTiles): Bitmap {
  const bitmap = emptyBitmap(tiles.width, tiles.height)
  for (let y = 0, at = 0; y < tiles.height; y++) {
    for (let x = 0; x < tiles.width; x++, at++) bitmap.data[at] = tiles.has(x, y) ? 1 : 0
  }
  return bitmap
}

function same(a: MaskGeometry, b: MaskGeometry): void {
  expect({ ...a, counts: [...a.counts] }).toEqual({ ...b, counts: [...b.counts] })
}

describe('MaskTiles', () => {
  test('strokes across tiles give the same pixels as strokes on one bitmap', () => {
    fc.assert(
      fc.property(fc.array(strokes, { minLength: 1, maxLength: 5 }), (list) => {
        const tiles = new MaskTiles(WIDTH, HEIGHT)
        const bitmap = emptyBitmap(WIDTH, HEIGHT)
        for (const { from, to, size, value } of list) {
          const bounds = { x0: 0, y0: 0, x1: WIDTH, y1: HEIGHT }
          forEachBrushSpan(from, to, { size, shape: 'round' }, bounds, (row, x0, x1) => {
            bitmap.data.fill(value, row * WIDTH + x0, row * WIDTH + x1)
          })
          tiles.stroke(from, to, { size, shape: 'round' }, value)
          tiles.endStep()
        }
        expect(Buffer.compare(bitmapOf(tiles).data, bitmap.data)).toBe(0)
        const mask = tiles.toMask()
        same(mask, maskFromBitmap(bitmap))
        expect(tiles.area()).toBe(bitmap.data.reduce((sum, value) => sum + value, 0))
        same(MaskTiles.fromMask(mask, WIDTH, HEIGHT).toMask(), mask)
      }),
      { numRuns: 30 },
    )
  })

  test('before and after tiles undo and redo every step', () => {
    fc.assert(
      fc.property(fc.array(strokes, { minLength: 1, maxLength: 6 }), (list) => {
        const tiles = new MaskTiles(WIDTH, HEIGHT)
        const masks = [tiles.toMask()]
        const steps = list.map(({ from, to, size, value }) => {
          tiles.stroke(from, to, { size, shape: 'square' }, value)
          const step = tiles.endStep()
          masks.push(tiles.toMask())
          return step
        })
        for (let k = steps.length - 1; k >= 0; k--) {
          const step = steps[k]
          if (step) tiles.restore(step, 'before')
          same(tiles.toMask(), masks[k]!)
        }
        steps.forEach((step, k) => {
          if (step) tiles.restore(step, 'after')
          same(tiles.toMask(), masks[k + 1]!)
        })
      }),
      { numRuns: 30 },
    )
  })

  test('a stroke that changes no pixel is no step', () => {
    const tiles = new MaskTiles(600, 600)
    const at = { x: 300, y: 300 }
    tiles.stroke(at, at, { size: 50, shape: 'round' }, 1)
    expect(tiles.endStep()?.after.size).toBe(1)
    tiles.stroke(at, at, { size: 20, shape: 'round' }, 1)
    expect(tiles.endStep()).toBeNull()
    tiles.stroke({ x: 10, y: 10 }, { x: 20, y: 10 }, { size: 20, shape: 'round' }, 0)
    expect(tiles.endStep()).toBeNull()
  })

  test('the dirty rectangle is what the brush covered, cut at the image', () => {
    const tiles = new MaskTiles(600, 600)
    const brush = { size: 10, shape: 'square' } as const
    expect(tiles.stroke({ x: 100, y: 50 }, { x: 120, y: 50 }, brush, 1)).toEqual({
      x0: 95,
      y0: 45,
      x1: 125,
      y1: 55,
    })
    expect(tiles.stroke({ x: 0, y: 0 }, { x: 0, y: 0 }, brush, 1)).toEqual({ x0: 0, y0: 0, x1: 5, y1: 5 })
    expect(tiles.stroke({ x: -50, y: 0 }, { x: -50, y: 0 }, brush, 1)).toBeNull()
  })

  test('cancelling takes the strokes back and leaves what was there', () => {
    const tiles = MaskTiles.fromMask(maskFromBitmap(drawn('##', '##'), 255, 255), 600, 600)
    const before = tiles.toMask()
    tiles.stroke({ x: 256, y: 256 }, { x: 300, y: 256 }, { size: 40, shape: 'round' }, 0)
    tiles.cancelStep()
    same(tiles.toMask(), before)
    expect(tiles.endStep()).toBeNull()
  })

  test('a tile that is wholly set takes no memory of its own', () => {
    const tiles = new MaskTiles(1024, 1024)
    tiles.fillPolygon([Float32Array.of(0, 0, 1024, 0, 1024, 1024, 0, 1024)], 1)
    tiles.endStep()
    expect([tiles.tile(0, 0), tiles.tile(3, 3)].every((tile) => tiles.isFull(tile))).toBe(true)
    const again = MaskTiles.fromMask(tiles.toMask(), 1024, 1024)
    expect(again.isFull(again.tile(2, 1))).toBe(true)
    again.stroke({ x: 512, y: 512 }, { x: 512, y: 512 }, { size: 2, shape: 'square' }, 0)
    expect(again.area()).toBe(1024 * 1024 - 4)
    expect(tiles.area()).toBe(1024 * 1024)
  })

  test('a polygon filled into a mask is the rasterised polygon', () => {
    fc.assert(
      fc.property(polygons, bitmaps, (polygon, bitmap) => {
        const mask = maskFromBitmap(bitmap, 2, 1)
        const tiles = MaskTiles.fromMask(mask, 16, 16)
        tiles.fillPolygon(polygon, 1)
        const old = rasterise({ kind: 'mask', mask }, 16, 16).data
        const filled = rasterisePolygon(polygon, 16, 16).data.map((value, k) => value | old[k]!)
        expect(shown(bitmapOf(tiles))).toEqual(shown({ width: 16, height: 16, data: filled }))
        tiles.fillMask(mask, 0)
        const left = filled.map((value, k) => value & ~old[k]!)
        expect(shown(bitmapOf(tiles))).toEqual(shown({ width: 16, height: 16, data: left }))
      }),
    )
  })

  test('what lies outside the image is left out', () => {
    const mask = maskFromBitmap(drawn('###', '###', '###'), -1, 8)
    const tiles = MaskTiles.fromMask(mask, 10, 10)
    expect([...expand(tiles.toMask(), 10, 10)]).toEqual([...expand(mask, 10, 10)])
    expect(tiles.area()).toBe(4)
  })
})
