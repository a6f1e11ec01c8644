/** How the photograph is shown: tables that a filter applies; as it is, nothing changes. */
import { describe, expect, test } from 'vitest'

import {
  applyLook,
  AS_IT_IS,
  autoLevels,
  channelMatrix,
  histogramOf,
  isAsItIs,
  levelTable,
  lookOf,
  shownLevel,
} from '../../src/core/adjust'

describe('levels', () => {
  test('as it is every value stays', () => {
    levelTable(AS_IT_IS).forEach((shown, value) => expect(shown).toBeCloseTo(value / 255, 12))
    expect(isAsItIs({ ...AS_IT_IS })).toBe(true)
    expect(isAsItIs({ ...AS_IT_IS, gamma: 1.1 })).toBe(false)
  })

  test('brightness lifts, contrast turns about the middle, gamma lightens the dark', () => {
    expect(shownLevel({ ...AS_IT_IS, brightness: 40 }, 0.3)).toBeCloseTo(0.5)
    expect(shownLevel({ ...AS_IT_IS, contrast: 50 }, 0.5)).toBeCloseTo(0.5)
    expect(shownLevel({ ...AS_IT_IS, contrast: 50 }, 0.6)).toBeCloseTo(
      0.5 + 0.1 * Math.tan((1.5 * Math.PI) / 4),
    )
    expect(shownLevel({ ...AS_IT_IS, contrast: -100 }, 0.9)).toBeCloseTo(0.5)
    expect(shownLevel({ ...AS_IT_IS, gamma: 2 }, 0.25)).toBeCloseTo(0.5)
  })

  test('low and high become black and white, and no value leaves 0 .. 1', () => {
    const adjustment = { ...AS_IT_IS, low: 51, high: 204 }
    expect(shownLevel(adjustment, 0.2)).toBeCloseTo(0)
    expect(shownLevel(adjustment, 0.8)).toBeCloseTo(1)
    expect(shownLevel(adjustment, 0.5)).toBeCloseTo(0.5)
    const wild = { ...adjustment, brightness: 100, contrast: 100, gamma: 5 }
    for (const shown of levelTable(wild)) expect(shown >= 0 && shown <= 1).toBe(true)
  })

  test('a table never falls', () => {
    const table = levelTable({ ...AS_IT_IS, contrast: 70, brightness: -20, gamma: 0.6, low: 10 })
    for (let value = 1; value < 256; value++) expect(table[value]).toBeGreaterThanOrEqual(table[value - 1]!)
  })
})

test('one channel alone is shown in grey', () => {
  const apply = (matrix: readonly number[], [r, g, b]: readonly [number, number, number]) =>
    [0, 5, 10].map((row) => matrix[row]! * r + matrix[row + 1]! * g + matrix[row + 2]! * b)
  expect(apply(channelMatrix('green'), [0.1, 0.2, 0.3])).toEqual([0.2, 0.2, 0.2])
  expect(apply(channelMatrix('colour'), [0.1, 0.2, 0.3])).toEqual([0.1, 0.2, 0.3])
  expect(apply(channelMatrix('grey'), [1, 1, 1]).map((value) => value.toFixed(6))).toEqual(
    Array(3).fill('1.000000'),
  )
})

describe('histogram', () => {
  test('counts opaque pixels only', () => {
    const data = Uint8ClampedArray.of(10, 20, 30, 255, 10, 20, 31, 255, 99, 99, 99, 0)
    const histogram = histogramOf(data)
    expect(histogram.red[10]).toBe(2)
    expect([histogram.blue[30], histogram.blue[31]]).toEqual([1, 1])
    expect(histogram.red[99]).toBe(0)
    expect(histogram.grey.reduce((sum, count) => sum + count, 0)).toBe(2)
  })

  test('auto leaves out half a percent at either end', () => {
    const data = new Uint8ClampedArray(4 * 1000).fill(255)
    const paint = (from: number, to: number, value: number) => {
      for (let k = from; k < to; k++) data.fill(value, 4 * k, 4 * k + 3)
    }
    paint(0, 4, 3) // 0.4 %: noise
    paint(4, 500, 60)
    paint(500, 996, 180)
    paint(996, 1000, 250)
    expect(autoLevels(histogramOf(data), 'colour')).toEqual({ low: 60, high: 180 })
    expect(autoLevels(histogramOf(data), 'red')).toEqual({ low: 60, high: 180 })
  })

  test('a photograph of one value, or none, is left as it is', () => {
    expect(autoLevels(histogramOf(new Uint8ClampedArray(40).fill(255)), 'colour')).toEqual({
      low: 0,
      high: 255,
    })
    expect(autoLevels(histogramOf(new Uint8ClampedArray(0)), 'grey')).toEqual({ low: 0, high: 255 })
  })
})

describe('a look', () => {
  test('gives every pixel what the tables say, and leaves alpha', () => {
    const look = lookOf({ ...AS_IT_IS, low: 51, high: 204 })!
    const data = Uint8ClampedArray.of(51, 204, 128, 200)
    applyLook(data, look)
    expect([...data]).toEqual([0, 255, Math.round(((128 - 51) / 153) * 255), 200])
  })

  test('one channel is looked up for all three', () => {
    const data = Uint8ClampedArray.of(10, 20, 30, 255)
    applyLook(data, lookOf({ ...AS_IT_IS, channel: 'blue' })!)
    expect([...data]).toEqual([30, 30, 30, 255])
    const grey = Uint8ClampedArray.of(100, 200, 50, 255)
    applyLook(grey, lookOf({ ...AS_IT_IS, channel: 'grey' })!)
    expect(grey[0]).toBe(Math.round(0.299 * 100 + 0.587 * 200 + 0.114 * 50))
  })

  test('there is none while everything is as it is', () => {
    expect(lookOf(AS_IT_IS)).toBeNull()
  })
})
