/** Ways along edges: as cheap as brute force finds them, for every pixel. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { DIAGONAL, LiveWire, liveWireOn, makeLiveWire, shortestWays, STRAIGHT } from '@/core/liveWire'
import { clampWindow, type PixelWindow, windowPixel, windowPoint, windowSize } from '@/core/pixelWindow'
import { imagePoint } from '@/core/points'

const link = (dx: number, dy: number) => (dx !== 0 && dy !== 0 ? DIAGONAL : STRAIGHT)

/** Bellman and Ford: relaxes every link until nothing changes. */
function bruteForce(cost: Uint8Array, width: number, height: number, seed: number): number[] {
  const total = Array<number>(width * height).fill(Infinity)
  total[seed] = 0
  for (let changed = true; changed;) {
    changed = false
    for (let p = 0; p < total.length; p++)
      for (let dy = -1; dy <= 1; dy++)
        for (let dx = -1; dx <= 1; dx++) {
          const [x, y] = [(p % width) + dx, Math.floor(p / width) + dy]
          if ((dx === 0 && dy === 0) || x < 0 || y < 0 || x >= width || y >= height) continue
          const sum = total[p]! + link(dx, dy) * (cost[y * width + x]! + 1)
          if (sum < total[y * width + x]!) {
            total[y * width + x] = sum
            changed = true
          }
        }
  }
  return total
}

const windows = fc
  .record({ width: fc.integer({ min: 1, max: 9 }), height: fc.integer({ min: 1, max: 9 }) })
  .chain(({ width, height }) =>
    fc.record({
      width: fc.constant(width),
      height: fc.constant(height),
      cost: fc
        .array(fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 255)), {
          minLength: width * height,
          maxLength: width * height,
        })
        .map((values) => Uint8Array.from(values)),
      seed: fc.integer({ min: 0, max: width * height - 1 }),
    }),
  )

describe('shortest ways', () => {
  test('every total is that of brute force, and every way costs its total', () => {
    fc.assert(
      fc.property(windows, ({ width, height, cost, seed }) => {
        const { total, step } = shortestWays(cost, width, height, seed)
        expect([...total]).toEqual(bruteForce(cost, width, height, seed))
        const frame = { rect: { x0: 0, y0: 0, x1: width, y1: height }, width, height }
        const wire = new LiveWire(
          frame,
          cost,
          step,
          windowPoint(frame, seed % width, Math.floor(seed / width)),
        )
        for (let p = 0; p < total.length; p++) {
          const way = wire.wayTo(windowPoint(frame, p % width, Math.floor(p / width)))
          expect(way.slice(0, 2)).toEqual([wire.anchor.x, wire.anchor.y])
          expect(costOf(way, cost, width)).toBe(total[p])
        }
      }),
    )
  })

  test('a wall of cost is gone round', () => {
    const rows = ['.....', '.###.', '.#S#.', '...#.', '.....']
    const cost = Uint8Array.from(rows.join(''), (letter) => (letter === '#' ? 255 : 0))
    const { total } = shortestWays(cost, 5, 5, 2 * 5 + 2)
    // Down, aslant round the corner twice, up and up: never through the wall.
    expect(total[1 * 5 + 4]).toBe(STRAIGHT * 3 + DIAGONAL * 2)
  })
})

function costOf(way: readonly number[], cost: Uint8Array, width: number): number {
  let sum = 0
  for (let i = 2; i < way.length; i += 2) {
    const [dx, dy] = [way[i]! - way[i - 2]!, way[i + 1]! - way[i - 1]!]
    expect(Math.max(Math.abs(dx), Math.abs(dy))).toBe(1)
    sum += link(dx, dy) * (cost[Math.floor(way[i + 1]!) * width + Math.floor(way[i]!)]! + 1)
  }
  return sum
}

/** Dark inside a disc, light outside, at an offset in a larger image. */
function discWindow(x0: number, y0: number, side: number, scale: number): PixelWindow {
  const size = Math.round(side * scale)
  const rgba = new Uint8ClampedArray(size * size * 4).fill(255)
  for (let j = 0; j < size; j++)
    for (let i = 0; i < size; i++) {
      const inside = Math.hypot((i + 0.5) / scale - side / 2, (j + 0.5) / scale - side / 2) < side / 4
      rgba.fill(inside ? 60 : 200, 4 * (j * size + i), 4 * (j * size + i) + 3)
    }
  return { rect: { x0, y0, x1: x0 + side, y1: y0 + side }, width: size, height: size, scale, rgba }
}

describe('live wire', () => {
  test.each([1, 0.5])('half round a disc the way stays on its edge (scale %d)', (scale) => {
    const side = 160
    const wire = makeLiveWire(discWindow(1000, 500, side, scale), imagePoint(1080 - 38, 580 + 3), 8)
    const [cx, cy] = [1080, 580]
    expect(Math.abs(Math.hypot(wire.anchor.x - cx, wire.anchor.y - cy) - 40)).toBeLessThan(1.5 / scale)
    const way = wire.wayTo(wire.snap(imagePoint(1080 + 43, 580 + 2), 8))
    expect(way.length).toBeGreaterThan(2 * 60 * scale)
    for (let i = 0; i < way.length; i += 2)
      expect(Math.abs(Math.hypot(way[i]! - cx, way[i + 1]! - cy) - 40)).toBeLessThan(2.1 / scale)
  })

  test('on one colour the way is as short as steps to eight neighbours allow', () => {
    const rgba = new Uint8ClampedArray(20 * 20 * 4).fill(128)
    const pixels = { rect: { x0: 0, y0: 0, x1: 20, y1: 20 }, width: 20, height: 20, scale: 1, rgba }
    const way = makeLiveWire(pixels, imagePoint(2.5, 2.5), 0).wayTo(imagePoint(12.5, 8.5))
    expect(way).toHaveLength(2 * 11)
  })

  test('without a snap the anchor stays where it is put, and a point outside is met at the border', () => {
    const frame = { rect: { x0: 10, y0: 20, x1: 14, y1: 24 }, width: 4, height: 4 }
    const wire = liveWireOn(frame, new Uint8Array(16), imagePoint(11.9, 22.1), 0)
    expect(wire.wayTo(imagePoint(13.1, 22.1))).toEqual([11.9, 22.1, 12.5, 22.5, 13.5, 22.5])
    expect(wire.covers(imagePoint(14.5, 22))).toBe(false)
    expect(wire.wayTo(imagePoint(99, 22.5)).slice(-2)).toEqual([13.5, 22.5])
  })
})

describe('windows', () => {
  test('lie on whole pixels inside the image and hold at least one', () => {
    expect(clampWindow({ x0: -5.5, y0: 3.2, x1: 7.1, y1: 300 }, 100, 50)).toEqual({
      x0: 0,
      y0: 3,
      x1: 8,
      y1: 50,
    })
    expect(clampWindow({ x0: 140, y0: -30, x1: 180, y1: -20 }, 100, 50)).toEqual({
      x0: 99,
      y0: 0,
      x1: 100,
      y1: 1,
    })
  })

  test('are made smaller to the side that is allowed, never larger', () => {
    expect(windowSize({ x0: 0, y0: 0, x1: 2000, y1: 1000 }, 500)).toEqual({
      width: 500,
      height: 250,
      scale: 0.25,
    })
    expect(windowSize({ x0: 5, y0: 5, x1: 25, y1: 15 }, 500)).toEqual({ width: 20, height: 10, scale: 1 })
  })

  test('a pixel holds its centre, whatever the scale', () => {
    const frame = { rect: { x0: 7, y0: 9, x1: 107, y1: 49 }, width: 33, height: 13 }
    for (const [column, row] of [
      [0, 0],
      [32, 12],
      [11, 5],
    ] as const)
      // prettier-ignore
      expect(windowPixel(frame, windowPoint(frame, column, row))).toEqual([column, row])
  })
})
