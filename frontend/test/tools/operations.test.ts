/** Object operations on the selection, and painting over and under others: one step each, refused with a reason. */
import { describe, expect, test } from 'vitest'

import { type AnnotationRecord, geometryOf, newRecord } from '@/core/document'
import { toMask } from '@/core/editing'
import * as rle from '@/core/rle'
import { change, combine, separateParts, subtract, yieldTo } from '@/tools/operations/operations'
import { fillUnlabelled } from '@/tools/operations/fill'

import { box, maskOf, square } from './objects'
import { Rig } from './rig'

const pixels = (record: AnnotationRecord | undefined) =>
  record ? rle.area(toMask(geometryOf(record), 100, 100).counts) : 0
const byId = (rig: Rig) => Object.fromEntries(rig.records().map((record) => [record.id, pixels(record)]))
const line = newRecord({ id: 'l', classIndex: 1 }, { kind: 'polyline', points: Float32Array.of(1, 1, 9, 9) })
const rig = (records: AnnotationRecord[], ...ids: string[]) => new Rig(records, { selection: new Set(ids) })

describe('operations on the selection', () => {
  const two = [square('a', 10, 10, 20), { ...square('b', 20, 10, 20), classIndex: 2 }]

  test('union and intersection leave the first selected object and its class', () => {
    const united = rig(two, 'b', 'a')
    expect(combine(united.context, 'union')).toBe(true)
    expect(byId(united)).toEqual({ b: 600 })
    expect(united.records()[0]).toMatchObject({ classIndex: 2, kind: 'polygon' })
    united.tools.undo()
    expect(byId(united)).toEqual({ a: 400, b: 400 })
    const common = rig(two, 'a', 'b')
    combine(common.context, 'intersect')
    expect(byId(common)).toEqual({ a: 200 })
  })

  test('subtracting leaves the others', () => {
    const cut = rig(two, 'a', 'b')
    subtract(cut.context)
    expect(byId(cut)).toEqual({ a: 200, b: 400 })
  })

  test('joining and separating are each other’s way back', () => {
    const both = rig([square('a', 10, 10, 20), box('c', 60, 60, 70, 70)], 'a', 'c')
    combine(both.context, 'join')
    expect(byId(both)).toEqual({ a: 500 })
    separateParts(both.context)
    expect(Object.values(byId(both)).sort()).toEqual([100, 400])
  })

  test('each selected object is changed by itself, in one step', () => {
    const grown = rig([maskOf('m', 10, 10, 5, 5), maskOf('n', 40, 40, 5, 5)], 'm', 'n')
    grown.state.set({ operations: { ...grown.state.get().operations, growBy: 1 } })
    change(grown.context, 'grow')
    expect(byId(grown)).toEqual({ m: 45, n: 45 })
    grown.tools.undo()
    expect(byId(grown)).toEqual({ m: 25, n: 25 })
  })

  test('nothing changes where one object would lose all it has', () => {
    const shrunk = rig([maskOf('m', 10, 10, 3, 3), maskOf('n', 40, 40, 9, 9)], 'm', 'n')
    expect(change(shrunk.context, 'shrink')).toBe(false)
    expect(shrunk.hints).toEqual(['hint.opNothingLeft'])
    expect(byId(shrunk)).toEqual({ m: 9, n: 81 })
  })

  test.each([
    ['hint.opNeedsTwo', ['a'], {}],
    ['hint.opNeedsTwo', [], {}],
    ['hint.opLocked', ['a', 'b'], { locked: new Set(['b']) }],
    ['hint.opLocked', ['a', 'b'], { hidden: new Set(['a']) }],
    ['hint.opNotArea', ['a', 'l'], {}],
    ['hint.readOnly', ['a', 'b'], { readOnly: true }],
  ])('%s is said', (hint, ids, state) => {
    const refused = new Rig([...two, line], { selection: new Set(ids), ...state })
    expect(combine(refused.context, 'union')).toBe(false)
    expect(refused.hints).toEqual([hint])
    expect(refused.records()).toHaveLength(3)
  })

  test('what would change nothing is no step', () => {
    const same = rig([square('a', 10, 10, 20)], 'a')
    expect(change(same.context, 'fillHoles')).toBe(false)
    expect(same.hints).toEqual(['hint.opNoChange'])
    expect(same.history.canUndo).toBe(false)
  })
})

describe('over and under', () => {
  const two = () => [square('a', 10, 10, 20), square('b', 20, 10, 20)]

  test('the selected object gives way to the others, or takes their pixels', () => {
    const under = rig(two(), 'a')
    yieldTo(under.context, 'under')
    expect(byId(under)).toEqual({ a: 200, b: 400 })
    const over = rig(two(), 'a')
    yieldTo(over.context, 'over')
    expect(byId(over)).toEqual({ a: 400, b: 200 })
  })

  test('locked and hidden objects keep their pixels', () => {
    for (const state of [{ locked: new Set(['b']) }, { hidden: new Set(['b']) }]) {
      const over = new Rig(two(), { selection: new Set(['a']), ...state })
      yieldTo(over.context, 'over')
      expect(byId(over)).toEqual({ a: 200, b: 400 })
    }
  })

  test('with the switch on under, a new shape loses what others have; undo gives back just that', () => {
    const drawn = new Rig([square('a', 10, 10, 20)], { tool: 'box', overlap: 'under' })
    drawn.drag([
      [20, 10],
      [40, 30],
    ])
    expect(byId(drawn)).toEqual({ a: 400, 'new-1': 200 })
    drawn.tools.undo()
    expect(byId(drawn)).toEqual({ a: 400 })
    drawn.drag([
      [12, 12],
      [20, 20],
    ])
    expect(drawn.hints).toEqual(['hint.allTaken'])
    expect(byId(drawn)).toEqual({ a: 400 })
  })

  test('with the switch on over, the others lose theirs; undo gives them back', () => {
    const drawn = new Rig([square('a', 10, 10, 20)], { tool: 'box', overlap: 'over' })
    drawn.drag([
      [20, 10],
      [40, 30],
    ])
    expect(byId(drawn)).toEqual({ a: 200, 'new-1': 400 })
    drawn.tools.undo()
    expect(byId(drawn)).toEqual({ a: 400 })
    drawn.tools.redo()
    expect(byId(drawn)).toEqual({ a: 200, 'new-1': 400 })
  })

  test('an exclusive project has no free overlap, but may paint under', () => {
    const free = new Rig([square('a', 10, 10, 20)], { tool: 'box' }, 100, true)
    free.drag([
      [20, 10],
      [40, 30],
    ])
    expect(byId(free)).toEqual({ a: 200, 'new-1': 400 })
    const under = new Rig([square('a', 10, 10, 20)], { tool: 'box', overlap: 'under' }, 100, true)
    under.drag([
      [20, 10],
      [40, 30],
    ])
    expect(byId(under)).toEqual({ a: 400, 'new-1': 200 })
  })
})

test('filling makes a mask of the active class, selected', () => {
  const filled = new Rig([], { activeClass: 2 })
  const mask = { x: 3, y: 4, width: 2, height: 1, counts: Uint32Array.of(0, 2) }
  expect(fillUnlabelled(filled.context, mask)).toBe(true)
  expect(filled.records()).toMatchObject([{ kind: 'mask', classIndex: 2, mask }])
  expect(filled.selection).toEqual(['new-1'])
  expect(fillUnlabelled(filled.context, null)).toBe(false)
  expect(filled.hints).toEqual(['hint.fillLabelled'])
})
