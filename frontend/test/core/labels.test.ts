/** Pieces of a region: by hand on a few pixels, and against plain loops over random divisions. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { maskHas } from '@/core/bitmap'
import { connectedLabels, labelAt, labelBorders, type Labels, labelsAlong, maskOfLabels } from '@/core/labels'

const FRAME = { x0: 10, y0: 20, x1: 14, y1: 23 }
//  10 11 12 13
const HAND: Labels = {
  frame: FRAME,
  width: 4,
  height: 3,
  count: 3,
  data: Uint16Array.of(0, 0, 1, 1, 0, 2, 2, 1, 0, 0, 0, 1),
}

const divisions = fc
  .record({
    width: fc.integer({ min: 1, max: 9 }),
    height: fc.integer({ min: 1, max: 9 }),
    factor: fc.integer({ min: 1, max: 3 }),
    count: fc.integer({ min: 1, max: 4 }),
  })
  .chain(({ width, height, factor, count }) =>
    fc
      .array(fc.integer({ min: 0, max: count - 1 }), { minLength: width * height, maxLength: width * height })
      .map((data): Labels => ({
        frame: { x0: 5, y0: 7, x1: 5 + width * factor, y1: 7 + height * factor },
        width,
        height,
        count,
        data: Uint16Array.from(data),
      })),
  )

describe('labels', () => {
  test('a point has the piece of its pixel, and none outside', () => {
    expect(labelAt(HAND, { x: 10, y: 20 })).toBe(0)
    expect(labelAt(HAND, { x: 12.9, y: 21.9 })).toBe(2)
    expect(labelAt(HAND, { x: 13.99, y: 22.99 })).toBe(1)
    for (const [x, y] of [
      [9.99, 21],
      [14, 21],
      [12, 19.99],
      [12, 23],
    ] as const)
      expect(labelAt(HAND, { x, y })).toBeNull()
  })

  test('a line meets every piece on its way, also between two far points', () => {
    expect([...labelsAlong(HAND, { x: 10.5, y: 21.5 }, { x: 13.5, y: 21.5 })].sort()).toEqual([0, 1, 2])
    expect([...labelsAlong(HAND, { x: 10.5, y: 20.5 }, { x: 10.5, y: 20.5 })]).toEqual([0])
    expect([...labelsAlong(HAND, { x: 0, y: 0 }, { x: 5, y: 5 })]).toEqual([])
  })

  test('the mask of pieces has their pixels and no other', () => {
    fc.assert(
      fc.property(divisions, fc.uniqueArray(fc.integer({ min: 0, max: 3 })), (labels, taken) => {
        const chosen = new Set(taken.filter((label) => label < labels.count))
        const mask = maskOfLabels(labels, chosen)
        const { frame } = labels
        for (let y = frame.y0; y < frame.y1; y++)
          for (let x = frame.x0; x < frame.x1; x++)
            expect(maskHas(mask, x, y)).toBe(chosen.has(labelAt(labels, { x: x + 0.5, y: y + 0.5 })!))
      }),
    )
  })

  test('the borders are the edges between different pieces, joined to straight lines', () => {
    expect([...labelBorders(HAND)]).toEqual([
      ...[11, 21, 13, 21],
      ...[11, 22, 13, 22],
      ...[11, 21, 11, 22],
      ...[12, 20, 12, 21],
      ...[13, 21, 13, 23],
    ])
  })

  test('as long as there are edges between different pieces are the borders', () => {
    fc.assert(
      fc.property(divisions, (labels) => {
        const { width, height, data, frame } = labels
        let edges = 0
        for (let i = 0; i < data.length; i++) {
          if (i % width < width - 1 && data[i] !== data[i + 1]) edges += 1
          if (i + width < width * height && data[i] !== data[i + width]) edges += 1
        }
        const lines = labelBorders(labels)
        let length = 0
        for (let i = 0; i < lines.length; i += 4)
          length += lines[i + 2]! - lines[i]! + lines[i + 3]! - lines[i + 1]!
        expect(length).toBeCloseTo((edges * (frame.x1 - frame.x0)) / width)
      }),
    )
  })

  test('a piece of two parts becomes two, and touching corners are no connection', () => {
    const parts = connectedLabels({ ...HAND, data: Uint16Array.of(0, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 1) })
    expect([...parts.data]).toEqual([0, 1, 1, 2, 3, 4, 1, 2, 5, 1, 1, 1])
    expect(parts.count).toBe(6)
  })

  test('pixels of one part have one piece before, and parts that differ are not neighbours of one piece', () => {
    fc.assert(
      fc.property(divisions, (labels) => {
        const parts = connectedLabels(labels)
        const { width, data } = labels
        for (let i = 0; i < data.length; i++) {
          if (i % width < width - 1) expect(parts.data[i] === parts.data[i + 1]).toBe(data[i] === data[i + 1])
          if (i + width < data.length)
            expect(parts.data[i] === parts.data[i + width]).toBe(data[i] === data[i + width])
        }
      }),
    )
  })
})
