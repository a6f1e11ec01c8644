/** Masks in a tile cost what their boxes cost, and look as if the whole tile had been covered. */
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { maskFromBitmap } from '../../src/core/bitmap'
import { coverMask, indexMask, type MaskInk } from '../../src/render/maskPaint'
import { MaskStack } from '../../src/render/maskStack'
import { MaskTile } from '../../src/render/maskTile'
import { onDots, onStroke } from '../../src/render/proposals'
import { TILE } from '../../src/render/protocol'
import { bitmaps } from '../core/arbitraries'

const masks = fc
  .record({
    bitmap: bitmaps,
    x: fc.integer({ min: 0, max: 300 }),
    y: fc.integer({ min: 0, max: 300 }),
  })
  .map(({ bitmap, x, y }) => maskFromBitmap(bitmap, x, y))
  .filter((mask) => mask.width > 0)

const INKS: readonly MaskInk[] = [
  { rgb: [255, 0, 0], fill: 0, edge: 1, edgeTakes: (x, y) => onStroke('medium', x, y) },
  { rgb: [0, 0, 255], fill: 0.4, edge: 0, takes: onDots },
]

function pixels(): ImageData {
  return { width: TILE, height: TILE, data: new Uint8ClampedArray(4 * TILE * TILE) } as ImageData
}

test('by its box or by the whole tile, a mask gives the same pixels', () => {
  fc.assert(
    fc.property(
      fc.array(masks, { minLength: 1, maxLength: 3 }),
      fc.constantFrom(0.3, 1, 2.7, 40),
      fc.integer({ min: 0, max: 1 }),
      (list, scale, column) => {
        const tile = { column, row: 0 }
        const quick = new MaskTile()
        quick.begin(tile, scale)
        const stack = new MaskStack(TILE, TILE)
        const side = TILE + 2
        const window = { width: side, height: side, left: column * TILE - 1, top: -1 }
        for (const mask of list) {
          quick.addUnder(indexMask(mask), INKS)
          const covered = { ...window, pixels: new Uint8Array(side * side) }
          coverMask(indexMask(mask), covered, scale)
          for (const ink of INKS) stack.addUnder(covered, ink)
        }
        const [one, other] = [pixels(), pixels()]
        stack.write(other)
        const scratch = {
          canvas: {} as CanvasImageSource,
          context: { createImageData: () => one, putImageData: () => undefined } as never,
        }
        quick.write({ drawImage: () => undefined } as never, scratch)
        expect(Buffer.compare(Buffer.from(one.data.buffer), Buffer.from(other.data.buffer))).toBe(0)
      },
    ),
    { numRuns: 25 },
  )
})

test('dots and strokes meet at the borders of tiles', () => {
  for (let k = 0; k < 40; k++) {
    expect(onDots(k, 3 * k)).toBe(onDots(k + TILE, 3 * k + TILE))
    for (const confidence of ['high', 'medium', 'low'] as const)
      expect(onStroke(confidence, k, 2 * k)).toBe(onStroke(confidence, k + TILE, 2 * k))
  }
})
