/** The colours of the map of uncertainty keep their order to every eye. */
import { expect, test } from 'vitest'

import { heatColour, heatGradient, paintHeat } from '../../src/core/heat'

/** CIE lightness, 0..100. */
function lightness(rgb: readonly [number, number, number]): number {
  const [r, g, b] = rgb.map((value) => {
    const share = value / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  const y = 0.2126 * r! + 0.7152 * g! + 0.0722 * b!
  return y > 0.008856 ? 116 * Math.cbrt(y) - 16 : 903.3 * y
}

test('the lightness rises in nearly even steps from dark to light', () => {
  const steps = Array.from({ length: 21 }, (_, k) => lightness(heatColour(k / 20)))
  const rises = steps.slice(1).map((value, k) => value - steps[k]!)
  expect(Math.min(...rises)).toBeGreaterThan(2)
  expect(Math.max(...rises)).toBeLessThan(6)
  expect(steps[0]).toBeLessThan(20)
  expect(steps.at(-1)).toBeGreaterThan(88)
})

test('values beyond the range are its ends', () => {
  expect(heatColour(-1)).toEqual(heatColour(0))
  expect(heatColour(2)).toEqual(heatColour(1))
})

test('grey pixels become colours, and what is sure lets the photograph through', () => {
  const pixels = Uint8ClampedArray.of(0, 0, 0, 255, 255, 255, 255, 255)
  paintHeat(pixels)
  expect([...pixels.slice(0, 3)]).toEqual([...heatColour(0)])
  expect([...pixels.slice(4, 7)]).toEqual([...heatColour(1)])
  expect(pixels[3]).toBe(51)
  expect(pixels[7]).toBe(255)
  expect(heatGradient()).toMatch(/^linear-gradient\(to right, rgb\(/)
})
