/** Void objects are hatched, so that they are told from a class with a grey colour. */
import { expect, test } from 'vitest'

import { composeMask, coverMask, indexMask } from '../../src/render/maskPaint'
import { TILE } from '../../src/render/protocol'
import { colourOf, isVoid, NO_COLOUR, onHatch } from '../../src/render/shapes'
import { maskOf, square } from '../tools/objects'

const SIDE = 16

/** Alpha of the SIDE x SIDE pixels of a full mask that starts at (2, 2), as rows. */
function alphas(takes: ((x: number, y: number) => boolean) | undefined): number[][] {
  const record = maskOf('m', 2, 2, 12, 12)
  if (record.kind !== 'mask') throw new Error('not a mask')
  const side = SIDE + 2
  const window = { width: side, height: side, left: -1, top: -1, pixels: new Uint8Array(side * side) }
  coverMask(indexMask(record.mask), window, 1)
  const out = { width: SIDE, height: SIDE, data: new Uint8ClampedArray(4 * SIDE * SIDE) }
  const ink = { rgb: [10, 20, 30] as const, fill: 0.5, edge: 1, ...(takes ? { takes } : {}) }
  composeMask(window, out as unknown as ImageData, ink)
  return Array.from({ length: SIDE }, (_, y) =>
    Array.from({ length: SIDE }, (_, x) => out.data[4 * (y * SIDE + x) + 3]!),
  )
}

test('a void mask has its whole border, and inside it strokes with gaps', () => {
  const rows = alphas(onHatch)
  const plain = alphas(undefined)
  for (let y = 0; y < SIDE; y++)
    for (let x = 0; x < SIDE; x++) {
      const inside = x > 2 && y > 2 && x < 13 && y < 13
      expect(rows[y]![x], `pixel ${String(x)}, ${String(y)}`).toBe(
        inside && !onHatch(x, y) ? 0 : plain[y]![x],
      )
    }
  const filled = rows.flat().filter((alpha) => alpha === 127 || alpha === 128).length
  expect(filled).toBeGreaterThan(30)
  expect(filled).toBeLessThan(70)
})

test('the hatch goes on over the border of two tiles', () => {
  for (let k = 0; k < 16; k++) expect(onHatch(TILE + k, 3)).toBe(onHatch(k, 3))
  expect([0, 4].map((x) => onHatch(x, 0))).toEqual([true, false])
})

test('a void object is grey whatever the palette', () => {
  const record = square('v', 0, 0, 5, 255)
  expect(isVoid(record)).toBe(true)
  expect(isVoid(square('a', 0, 0, 5, 254))).toBe(false)
  expect(colourOf({ 1: '#ff0000' }, record)).toBe(NO_COLOUR)
})
