/** Areas of a large image cost what their outlines cost. */
import { describe, expect, it } from 'vitest'

import type { Polygon } from '@/core/document'
import { toMask } from '@/core/editing'
import { MaskTiles } from '@/core/maskTiles'
import { area, countsFromString, countsToString, crop, expand } from '@/core/rle'
import { traceMask } from '@/core/trace'

const SIDE = 30_000

const square = (x: number, y: number, side: number): Polygon => [
  Float32Array.of(x, y, x + side, y, x + side, y + side, x, y + side),
]

describe('areas of a large image', () => {
  it('take a polygon over a whole 30,000 x 30,000 image, exactly, and give it back', () => {
    const shape = [square(0, 0, SIDE)]
    const mask = toMask({ kind: 'polygon', polygons: shape }, SIDE, SIDE)
    expect(mask).toMatchObject({ x: 0, y: 0, width: SIDE, height: SIDE })
    expect([...mask.counts]).toEqual([0, SIDE * SIDE])
    expect(traceMask(mask)).toEqual(shape)
  })

  it('keep run lengths of 900 million pixels through the wire', () => {
    const counts = Uint32Array.of(899_999_990, 5, 5)
    const text = countsToString(counts)
    expect([...countsFromString(text)]).toEqual([...counts])
    const mask = crop(counts, SIDE, SIDE)
    expect(mask).toMatchObject({ x: SIDE - 1, y: SIDE - 10, width: 1, height: 5 })
    expect([...expand(mask, SIDE, SIDE)]).toEqual([...counts])
  })

  it('keep twenty strokes far apart small, in tiles and in runs', () => {
    const tiles = new MaskTiles(SIDE, SIDE)
    for (let k = 0; k < 20; k++) {
      const at = { x: 1000 + (k % 5) * 6500, y: 1000 + Math.floor(k / 5) * 8500 }
      tiles.stroke(at, { x: at.x + 300, y: at.y + 200 }, { size: 1000, shape: 'round' }, 1)
    }
    tiles.endStep()
    let held = 0
    for (let ty = 0; ty < tiles.rows; ty++)
      for (let tx = 0; tx < tiles.columns; tx++) {
        const tile = tiles.tile(tx, ty)
        if (tile !== null && !tiles.isFull(tile)) held += tile.length
      }
    expect(held).toBeLessThan(40e6)
    const mask = tiles.toMask()
    expect(mask.width * mask.height).toBeGreaterThan(600e6)
    expect(mask.counts.length).toBeLessThan(100_000)
    expect(area(mask.counts)).toBe(tiles.area())
    expect(traceMask(mask).length).toBe(20)
    expect(toMask({ kind: 'mask', mask }, SIDE, SIDE)).toEqual(mask)
  })
})
