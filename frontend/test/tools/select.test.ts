import { describe, expect, test } from 'vitest'

import type { ToolName } from '@/tools/editorState'

import { box, maskOf, square } from './objects'
import { Rig } from './rig'

const two = () => new Rig([square('a', 10, 10), square('b', 40, 40)])
const corner = (rig: Rig, id: string) => {
  const record = rig.store.get(id)
  return record?.kind === 'polygon' ? Array.from(record.polygons[0]![0]!.slice(0, 2)) : null
}

describe('choosing', () => {
  test('a click selects, a click on nothing lets go, Shift adds and takes away', () => {
    const rig = two().click(15, 15)
    expect(rig.selection).toEqual(['a'])
    rig.click(45, 45, { shift: true })
    expect(rig.selection).toEqual(['a', 'b'])
    rig.click(15, 15, { shift: true })
    expect(rig.selection).toEqual(['b'])
    rig.click(80, 80)
    expect(rig.selection).toEqual([])
  })

  test('a marquee selects what lies wholly inside', () => {
    const rig = two().drag([
      [5, 5],
      [45, 45],
    ])
    expect(rig.selection).toEqual(['a'])
    rig.drag(
      [
        [60, 60],
        [35, 35],
      ],
      { shift: true },
    )
    expect(rig.selection).toEqual(['a', 'b'])
  })

  test('hidden, locked and hidden-class objects are not touched', () => {
    for (const state of [
      { hidden: new Set(['a']) },
      { locked: new Set(['a']) },
      { hiddenClasses: new Set([1]) },
    ]) {
      const rig = two()
      rig.state.set(state)
      expect(rig.click(15, 15).selection).toEqual([])
    }
  })

  test('Alt goes down through a stack and round', () => {
    const rig = new Rig([square('low', 10, 10), square('middle', 12, 12), square('top', 14, 14)])
    const seen = [0, 1, 2, 3].map(() => rig.click(18, 18, { alt: true }).selection[0])
    expect(new Set(seen.slice(0, 3))).toEqual(new Set(['low', 'middle', 'top']))
    expect(seen[3]).toBe(seen[0])
  })

  test('brackets walk through the objects and Ctrl+A selects all: no mouse needed', () => {
    const rig = two()
    rig.key(']')
    expect(rig.selection).toEqual(['a'])
    rig.key(']')
    expect(rig.selection).toEqual(['b'])
    rig.key('[')
    expect(rig.selection).toEqual(['a'])
    rig.key('a', { mod: true })
    expect(rig.selection).toEqual(['a', 'b'])
    rig.key('Escape')
    expect(rig.selection).toEqual([])
  })

  test('hovering shows what would be selected', () => {
    const rig = two().move(15, 15)
    expect(rig.state.get().hover).toBe('a')
    rig.move(90, 90)
    expect(rig.state.get().hover).toBeNull()
  })
})

describe('moving', () => {
  test('a drag moves the object by whole pixels, as one step, and only at the release', () => {
    const rig = two().press(15, 15).move(20.4, 17.6)
    expect(corner(rig, 'a')).toEqual([10, 10])
    expect(rig.draft.records.map((record) => record.id)).toEqual(['a'])
    rig.release(20.4, 17.6)
    expect(corner(rig, 'a')).toEqual([15, 13])
    rig.key('z', { mod: true })
    expect(corner(rig, 'a')).toEqual([10, 10])
  })

  test('all selected objects move together and stop at the border of the image', () => {
    const rig = two()
    rig.key('a', { mod: true })
    rig.drag([
      [15, 15],
      [90, 12],
    ])
    expect([corner(rig, 'a'), corner(rig, 'b')]).toEqual([
      [60, 7],
      [90, 37],
    ])
  })

  test('Shift keeps to one axis', () => {
    const rig = two().drag(
      [
        [15, 15],
        [35, 20],
      ],
      { shift: true },
    )
    expect(corner(rig, 'a')).toEqual([30, 10])
  })

  test('Esc puts a dragged object back', () => {
    const rig = two().press(15, 15).move(40, 15)
    rig.key('Escape')
    rig.release(40, 15)
    expect(corner(rig, 'a')).toEqual([10, 10])
    expect(rig.draft.records).toEqual([])
    expect(rig.history.canUndo).toBe(false)
  })

  test('arrow keys nudge by one pixel, with Shift by ten', () => {
    const rig = two().click(15, 15)
    rig.key('ArrowRight')
    rig.key('ArrowDown', { shift: true })
    expect(corner(rig, 'a')).toEqual([11, 20])
    rig.key('z', { mod: true })
    expect(corner(rig, 'a')).toEqual([11, 10])
  })

  test('a mask moves by whole pixels', () => {
    const rig = new Rig([maskOf('m', 10, 10, 5, 5)]).drag([
      [12, 12],
      [15.6, 12],
    ])
    expect(rig.store.get('m')).toMatchObject({ mask: { x: 14, y: 10, width: 5, height: 5 } })
  })
})

describe('changing', () => {
  test('Delete removes the selection in one step', () => {
    const rig = two()
    rig.key('a', { mod: true })
    rig.key('Delete')
    expect(rig.records()).toEqual([])
    rig.key('z', { mod: true })
    expect(rig.records()).toHaveLength(2)
  })

  test('a class key re-classes the selection; in a drawing tool it only chooses', () => {
    const rig = two().click(15, 15)
    rig.key('2')
    expect(rig.store.get('a')?.classIndex).toBe(2)
    rig.key('p')
    rig.key('1')
    expect(rig.store.get('a')?.classIndex).toBe(2)
    expect(rig.state.get().activeClass).toBe(1)
  })

  test('a corner of the selected box can be dragged, across the opposite one too', () => {
    const rig = new Rig([box('x', 20, 20, 40, 40)]).click(30, 30)
    rig.drag([
      [40, 40],
      [10, 50.5],
    ])
    expect(rig.store.get('x')).toMatchObject({ box: [10, 20, 20, 50.5] })
  })

  test('a reader can select but change nothing', () => {
    const rig = new Rig([square('a', 10, 10)], { readOnly: true }).click(15, 15)
    expect(rig.selection).toEqual(['a'])
    rig.key('Delete')
    rig.key('ArrowLeft')
    rig.key('2')
    rig.drag([
      [15, 15],
      [30, 30],
    ])
    rig.key('p')
    expect(rig.state.get().tool).toBe('select')
    expect(rig.records()).toEqual([square('a', 10, 10)])
  })

  test('a double click and Enter begin vertex editing', () => {
    const rig = two().doubleClick(15, 15)
    expect(rig.state.get().tool).toBe('vertex')
    rig.key('Enter')
    expect(rig.state.get().tool).toBe('select')
    rig.key('Enter')
    expect(rig.state.get().tool).toBe('vertex')
  })

  test('a click and then a quick drag moves the object, though it is a double press', () => {
    const rig = two()
    rig.click(15, 15).press(15, 15, { clicks: 2 }).move(18, 25).move(15, 35).release(15, 35)
    expect(rig.state.get().tool).toBe('select')
    expect(rig.records().find((record) => record.id === 'a')).toEqual(square('a', 10, 30))
  })
})

test('void is chosen and given like a class, and has no key', () => {
  const rig = new Rig([square('a', 10, 10)], { tool: 'select', selection: new Set(['a']) })
  rig.tools.chooseClass(255)
  expect(rig.store.get('a')).toMatchObject({ classIndex: 255 })
  rig.key('1')
  expect(rig.store.get('a')).toMatchObject({ classIndex: 1 })
})

describe('Delete', () => {
  const withSelected = (tool: ToolName) => {
    const rig = two().click(15, 15)
    rig.tools.use(tool)
    return rig
  }

  test('deletes what is selected, whatever the tool, and is one step', () => {
    for (const tool of ['brush', 'polygon', 'wand'] as const) {
      const rig = withSelected(tool)
      rig.key('Delete')
      expect(rig.store.has('a'), tool).toBe(false)
      rig.key('z', { mod: true })
      expect(rig.store.has('a'), tool).toBe(true)
    }
  })

  test('spares what is locked, and an object whose vertices are edited', () => {
    const locked = withSelected('brush')
    locked.state.set({ locked: new Set(['a']) })
    locked.key('Delete')
    expect(locked.store.has('a')).toBe(true)
    const vertices = withSelected('vertex')
    vertices.key('Delete')
    expect(vertices.store.has('a')).toBe(true)
  })

  test('takes back a point of a polygon that is being drawn, and no object', () => {
    const rig = withSelected('polygon').click(70, 70).click(80, 70)
    rig.key('Delete')
    expect(rig.store.has('a')).toBe(true)
  })
})
