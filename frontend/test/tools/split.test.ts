/** The split tool: pointer events in, pieces out, whose pixels add up to the object. */
import { describe, expect, test } from 'vitest'

import type { AnnotationRecord } from '@/core/document'
import { geometryOf } from '@/core/document'
import { toMask } from '@/core/editing'
import * as rle from '@/core/rle'

import { maskOf, square } from './objects'
import { Rig } from './rig'

const pixels = (record: AnnotationRecord) => rle.area(toMask(geometryOf(record), 100, 100).counts)
const select = (...ids: string[]) => ({ tool: 'split' as const, selection: new Set(ids) })

describe('split', () => {
  test('a drag across splits; the larger piece stays the object and keeps its class', () => {
    const rig = new Rig([{ ...square('a', 10, 10, 20), attributes: { age: 3 } }], select('a'))
    rig.drag([
      [15, 5],
      [15, 20],
      [15, 40],
    ])
    const records = rig.records()
    expect(records.map(pixels)).toEqual([300, 100])
    expect(records[0]!.id).toBe('a')
    expect(records.map(({ classIndex, attributes }) => [classIndex, attributes])).toEqual([
      [1, { age: 3 }],
      [1, { age: 3 }],
    ])
    expect(rig.selection).toEqual(records.map(({ id }) => id))
    rig.tools.undo()
    expect(rig.records().map(pixels)).toEqual([400])
  })

  test('a drag is straight whatever way the pointer took; with Shift it is that way', () => {
    const way: [number, number][] = [
      [5, 15],
      [20, 25],
      [40, 15],
    ]
    const straight = new Rig([square('a', 10, 10, 20)], select('a')).drag(way)
    expect(straight.records().map(pixels)).toEqual([300, 100])
    const free = new Rig([square('a', 10, 10, 20)], select('a')).drag(way, { shift: true })
    expect(free.records().map(pixels)[0]).toBeLessThan(300)
    expect(
      free
        .records()
        .map(pixels)
        .reduce((sum, n) => sum + n),
    ).toBe(400)
  })

  test('clicked points are cut by Enter, or by a double click', () => {
    const rig = new Rig([maskOf('m', 10, 10, 20, 20)], select('m'))
    rig.click(20, 5).click(20, 20).click(40, 20)
    expect(rig.draft.path?.points).toHaveLength(6)
    rig.key('Enter')
    expect(rig.records().map(pixels)).toEqual([300, 100])
    const twice = new Rig([maskOf('m', 10, 10, 20, 20)], select('m'))
    twice.click(20, 5).doubleClick(20, 40)
    expect(twice.records().map(pixels)).toEqual([200, 200])
  })

  test('Backspace takes a point back, Esc all of them', () => {
    const rig = new Rig([square('a', 10, 10, 20)], select('a'))
    rig.click(15, 5).click(15, 40)
    rig.key('Backspace')
    expect(rig.draft.path?.points).toEqual([15, 5])
    rig.key('Escape')
    expect(rig.draft.path).toBeNull()
    expect(rig.records()).toHaveLength(1)
  })

  test('a line that ends inside is refused with a hint', () => {
    const rig = new Rig([square('a', 10, 10, 20)], select('a'))
    rig.drag([
      [15, 5],
      [15, 20],
    ])
    expect(rig.hints).toEqual(['hint.splitNotAcross'])
    expect(rig.records()).toHaveLength(1)
  })

  test('all selected objects are split at once; with none selected, the topmost that the line crosses', () => {
    const two = [square('a', 10, 10, 20), square('b', 40, 10, 20)]
    const line: [number, number][] = [
      [5, 20],
      [70, 20],
    ]
    expect(new Rig(two, select('a', 'b')).drag(line).records()).toHaveLength(4)
    const none = new Rig([...two, { ...square('top', 10, 10, 20), z: 1 }], { tool: 'split' }).drag(line)
    expect(none.records()).toHaveLength(4)
    expect(none.records().filter(({ z }) => z === 1)).toHaveLength(2)
  })

  test('locked and hidden objects are not split', () => {
    for (const state of [{ locked: new Set(['a']) }, { hidden: new Set(['a']) }]) {
      const rig = new Rig([square('a', 10, 10, 20)], { tool: 'split', ...state })
      rig.drag([
        [15, 5],
        [15, 40],
      ])
      expect(rig.records()).toHaveLength(1)
    }
  })
})
