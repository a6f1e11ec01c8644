import fc from 'fast-check'
import { expect, test } from 'vitest'

import { MaskTiles } from '../../src/core/maskTiles'
import { freshParts } from '../../src/tools/brush/freshParts'

const SIDE = 150
const place = fc.record({ x: fc.integer({ min: 0, max: 150 }), y: fc.integer({ min: 0, max: 150 }) })

/** A pixel and whether it is on the mask's edge: what a layer shows of it. */
function look(tiles: MaskTiles, x: number, y: number): number {
  if (!tiles.has(x, y)) return 0
  return tiles.has(x - 1, y) && tiles.has(x + 1, y) && tiles.has(x, y - 1) && tiles.has(x, y + 1) ? 2 : 1
}

test('every pixel that looks different after a stamp lies in one of its parts (or next to the stroke’s border)', () => {
  fc.assert(
    fc.property(
      place,
      place,
      fc.integer({ min: 64, max: 110 }),
      fc.constantFrom('round' as const, 'square' as const),
      (from, to, size, shape) => {
        const tiles = new MaskTiles(SIDE, SIDE)
        tiles.stroke(from, from, { size, shape }, 1)
        const before = Array.from({ length: SIDE * SIDE }, (_, k) =>
          look(tiles, k % SIDE, Math.floor(k / SIDE)),
        )
        const dirty = tiles.stroke(from, to, { size, shape }, 1)
        if (!dirty) return
        const parts = freshParts(dirty, from, { size, shape })
        for (let k = 0; k < SIDE * SIDE; k++) {
          const [x, y] = [k % SIDE, Math.floor(k / SIDE)]
          if (before[k] === look(tiles, x, y)) continue
          const inside = parts.some(
            (part) => x >= part.x0 - 1 && x < part.x1 + 1 && y >= part.y0 - 1 && y < part.y1 + 1,
          )
          expect(inside, `${x}, ${y}`).toBe(true)
        }
      },
    ),
    { numRuns: 15 },
  )
})

test('a large stamp next to the last one asks for a small part of its area', () => {
  const dirty = { x0: 0, y0: 0, x1: 1020, y1: 1000 }
  const parts = freshParts(dirty, { x: 500, y: 500 }, { size: 1000, shape: 'round' })
  const area = parts.reduce((sum, part) => sum + (part.x1 - part.x0) * (part.y1 - part.y0), 0)
  expect(area / (1020 * 1000)).toBeLessThan(0.35)
})

test('a small or first stamp is one rectangle', () => {
  const dirty = { x0: 0, y0: 0, x1: 10, y1: 10 }
  expect(freshParts(dirty, { x: 5, y: 5 }, { size: 10, shape: 'round' })).toEqual([dirty])
  expect(freshParts(dirty, null, { size: 500, shape: 'round' })).toEqual([dirty])
})
