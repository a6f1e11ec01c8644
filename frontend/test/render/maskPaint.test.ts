import fc from 'fast-check'
import { expect, test } from 'vitest'

import { maskFromBitmap, maskHas } from '../../src/core/bitmap'
import type { MaskGeometry } from '../../src/core/document'
import { MaskTiles } from '../../src/core/maskTiles'
import { sampleTiles } from '../../src/render/maskCanvas'
import { coverMask, indexMask, maskSegments } from '../../src/render/maskPaint'

const SIDE = 24

const masks = fc
  .array(fc.boolean(), { minLength: SIDE * SIDE, maxLength: SIDE * SIDE })
  .map((bits) => maskFromBitmap({ width: SIDE, height: SIDE, data: Uint8Array.from(bits, Number) }, 3, 5))

function covered(mask: MaskGeometry, scale: number, left: number, top: number): string {
  const window = { width: 40, height: 30, left, top, pixels: new Uint8Array(40 * 30) }
  coverMask(indexMask(mask), window, scale)
  return window.pixels.join('')
}

/** What must be shown, from the definition: the image pixel under a device pixel's centre. */
function expected(mask: MaskGeometry, scale: number, left: number, top: number): string {
  const pixels: number[] = []
  for (let i = 0; i < 40; i++)
    for (let j = 0; j < 30; j++) {
      const x = Math.floor((left + i + 0.5) / scale)
      const y = Math.floor((top + j + 0.5) / scale)
      pixels.push(maskHas(mask, x, y) ? 1 : 0)
    }
  return pixels.join('')
}

test('a device pixel shows the image pixel under its centre, at every scale and place', () => {
  fc.assert(
    fc.property(
      masks,
      fc.constantFrom(0.25, 0.5, 1, 2, 3.5, 16),
      fc.integer({ min: -20, max: 60 }),
      fc.integer({ min: -20, max: 60 }),
      (mask, scale, left, top) => {
        expect(covered(mask, scale, left, top)).toBe(expected(mask, scale, left, top))
      },
    ),
    { numRuns: 60 },
  )
})

test('a mask under the brush is sampled as the stored one is', () => {
  fc.assert(
    fc.property(
      masks,
      fc.constantFrom(0.5, 1, 2.5, 8),
      fc.integer({ min: -30, max: 30 }),
      (mask, scale, shift) => {
        const tiles = MaskTiles.fromMask(mask, 40, 40)
        const area = { x: 0, y: 0, width: 38, height: 28 }
        const out = new Uint8Array(40 * 30)
        sampleTiles(tiles, area, { scale, dx: shift, dy: -shift }, out)
        const window = {
          width: 40,
          height: 30,
          left: -1 - shift,
          top: -1 + shift,
          pixels: new Uint8Array(40 * 30),
        }
        coverMask(indexMask(mask), window, scale)
        for (let i = 0; i < 40; i++)
          for (let j = 0; j < 30; j++) expect(out[j * 40 + i]).toBe(window.pixels[i * 30 + j])
      },
    ),
    { numRuns: 40 },
  )
})

test('the border segments of a mask are exactly the sides between set and unset pixels', () => {
  fc.assert(
    fc.property(masks, (mask) => {
      const sides = new Set<string>()
      const segments = maskSegments(mask)
      for (let k = 0; k < segments.length; k += 4) {
        const [x0, y0, x1, y1] = Array.from(segments.slice(k, k + 4)) as [number, number, number, number]
        for (let x = x0; x < x1; x++) sides.add(`h ${x} ${y0}`)
        for (let y = y0; y < y1; y++) sides.add(`v ${x0} ${y}`)
      }
      const truth = new Set<string>()
      for (let x = 0; x < 40; x++)
        for (let y = 0; y < 40; y++) {
          if (maskHas(mask, x, y) !== maskHas(mask, x, y - 1)) truth.add(`h ${x} ${y}`)
          if (maskHas(mask, x, y) !== maskHas(mask, x - 1, y)) truth.add(`v ${x} ${y}`)
        }
      expect([...sides].sort()).toEqual([...truth].sort())
    }),
    { numRuns: 60 },
  )
})
