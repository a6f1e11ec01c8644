import fc from 'fast-check'
import { expect, test } from 'vitest'

import { maskFromBitmap } from '../../src/core/bitmap'
import type { MaskGeometry } from '../../src/core/document'
import { composeMask, coverMask, indexMask, type MaskInk } from '../../src/render/maskPaint'
import { MaskStack } from '../../src/render/maskStack'

const SIDE = 16

const masks = fc
  .array(fc.boolean(), { minLength: SIDE * SIDE, maxLength: SIDE * SIDE })
  .map((bits) => maskFromBitmap({ width: SIDE, height: SIDE, data: Uint8Array.from(bits, Number) }))
const inks = fc.record({
  rgb: fc.tuple(...[0, 1, 2].map(() => fc.integer({ min: 0, max: 255 }))) as fc.Arbitrary<
    [number, number, number]
  >,
  fill: fc.constantFrom(0, 0.2, 0.5, 1),
  edge: fc.constantFrom(0.5, 1),
})
type Layer = readonly [MaskGeometry, MaskInk]

function windowOf(mask: MaskGeometry) {
  const side = SIDE + 2
  const window = { width: side, height: side, left: -1, top: -1, pixels: new Uint8Array(side * side) }
  coverMask(indexMask(mask), window, 1)
  return window
}

function blank(): ImageData {
  const data = new Uint8ClampedArray(4 * SIDE * SIDE)
  return { width: SIDE, height: SIDE, data } as unknown as ImageData
}

/** Painted one over the other, bottom first, in floating point: the definition. */
function painted(layers: readonly Layer[]): Float64Array {
  const out = new Float64Array(4 * SIDE * SIDE)
  for (const [mask, ink] of layers) {
    const one = blank()
    composeMask(windowOf(mask), one, ink)
    for (let at = 0; at < out.length; at += 4) {
      const alpha = one.data[at + 3]! / 255
      for (let c = 0; c < 3; c++) out[at + c] = one.data[at + c]! * alpha + out[at + c]! * (1 - alpha)
      out[at + 3] = alpha + out[at + 3]! * (1 - alpha)
    }
  }
  return out
}

test('masks added from the top down look as if they were painted from the bottom up', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(masks, inks), { minLength: 1, maxLength: 6 }), (layers) => {
      const stack = new MaskStack(SIDE, SIDE)
      for (const [mask, ink] of [...layers].reverse()) stack.addUnder(windowOf(mask), ink)
      const out = blank()
      stack.write(out)
      const expected = painted(layers)
      for (let at = 0; at < expected.length; at += 4) {
        const alpha = out.data[at + 3]! / 255
        expect(Math.abs(alpha - expected[at + 3]!)).toBeLessThan(0.02)
        for (let c = 0; c < 3; c++)
          expect(Math.abs(out.data[at + c]! * alpha - expected[at + c]!)).toBeLessThan(5)
      }
    }),
    { numRuns: 60 },
  )
})

test('under what is opaque nothing is added, and the stack says so', () => {
  const full = maskFromBitmap({ width: SIDE, height: SIDE, data: new Uint8Array(SIDE * SIDE).fill(1) })
  const stack = new MaskStack(SIDE, SIDE)
  expect(stack.letsThrough).toBe(true)
  stack.addUnder(windowOf(full), { rgb: [255, 0, 0], fill: 1, edge: 1 })
  expect(stack.letsThrough).toBe(false)
  stack.addUnder(windowOf(full), { rgb: [0, 0, 255], fill: 1, edge: 1 })
  const out = blank()
  stack.write(out)
  expect([...out.data.slice(0, 4)]).toEqual([255, 0, 0, 255])
  stack.reset()
  stack.write(out)
  expect([...out.data.slice(0, 4)].at(3)).toBe(0)
})
