import { describe, expect, test } from 'vitest'

import { bitmapOf } from '../../src/core/bitmap'
import { maskOf, square } from './objects'
import { Rig } from './rig'

const polygonTool = (...records: Parameters<typeof square>[]) =>
  new Rig(
    records.map((given) => square(...given)),
    { tool: 'polygon' },
  )

describe('drawing', () => {
  test('clicks and Enter make a polygon with exactly these points', () => {
    const rig = polygonTool()
    rig.click(10, 10).click(30, 10).click(30, 30.5).move(50, 50)
    expect(rig.records()).toEqual([])
    rig.key('Enter')
    expect(rig.rings()).toEqual([[10, 10, 30, 10, 30, 30.5]])
    expect(rig.records()[0]).toMatchObject({ classIndex: 1, id: 'new-1', isCrowd: false })
    expect(rig.selection).toEqual(['new-1'])
    expect(rig.draft.path).toBeNull()
  })

  test('a click on the first point closes', () => {
    const rig = polygonTool()
    rig.click(10, 10).click(30, 10).click(30, 30).click(10.5, 10.5)
    expect(rig.rings()).toEqual([[10, 10, 30, 10, 30, 30]])
  })

  test('a double click places its point once and closes', () => {
    const rig = polygonTool()
    rig.click(10, 10).click(30, 10).doubleClick(30, 30)
    expect(rig.rings()).toEqual([[10, 10, 30, 10, 30, 30]])
  })

  test('points outside the image are put on its border, as float32', () => {
    const rig = polygonTool()
    rig.click(-20, 10).click(50.1, -5).click(130, 140)
    rig.key('Enter')
    expect(rig.rings()).toEqual([[0, 10, Math.fround(50.1), 0, 100, 100]])
  })

  test('Backspace and undo take the last point back; with none left the drawing ends', () => {
    const rig = polygonTool()
    rig.click(10, 10).click(30, 10).click(80, 80)
    rig.key('Backspace')
    rig.click(30, 30).click(60, 60)
    rig.key('z', { mod: true })
    rig.key('Enter')
    expect(rig.rings()).toEqual([[10, 10, 30, 10, 30, 30]])
    rig.click(50, 50)
    rig.key('Backspace')
    expect(rig.draft.path).toBeNull()
    expect(rig.tools.working).toBe(false)
  })

  test('dragging draws freehand and goes on with clicks', () => {
    const rig = polygonTool()
    rig.drag([
      [10, 10],
      [20, 10],
      [30, 12],
    ])
    expect(rig.records()).toEqual([])
    rig.click(30, 40)
    rig.key('Enter')
    expect(rig.rings()).toEqual([[10, 10, 20, 10, 30, 12, 30, 40]])
  })

  test('a freehand ring that comes back to its start closes at the release', () => {
    const rig = polygonTool()
    rig.drag([
      [10, 10],
      [30, 10],
      [30, 30],
      [10, 30],
      [10, 11],
    ])
    expect(rig.rings()).toEqual([[10, 10, 30, 10, 30, 30, 10, 30]])
  })

  test('a point whose line would cross the ring is refused with a hint, and shown as refused beforehand', () => {
    const rig = polygonTool()
    rig.click(10, 10).click(40, 10).click(40, 40)
    rig.move(20, 0)
    expect(rig.draft.path?.invalid).toBe(true)
    rig.click(20, 0)
    expect(rig.hints).toEqual(['hint.selfCrossing'])
    rig.key('Enter')
    expect(rig.rings()).toEqual([[10, 10, 40, 10, 40, 40]])
  })

  test('closing is refused when the closing edge crosses, with two points, and without area', () => {
    const rig = polygonTool()
    rig.click(10, 10).click(50, 10).click(50, 50).click(20, 50).click(20, 11).click(40, 20)
    expect(rig.hints).toEqual([])
    rig.key('Enter')
    expect(rig.hints.at(-1)).toBe('hint.selfCrossing')
    rig.key('Escape')
    rig.click(10, 10).click(40, 10)
    rig.key('Enter')
    expect(rig.hints.at(-1)).toBe('hint.tooFewPoints')
    rig.click(70, 10)
    rig.key('Enter')
    expect(rig.hints.at(-1)).toBe('hint.tooFewPoints')
    expect(rig.records()).toEqual([])
  })

  test('Esc drops the drawing', () => {
    const rig = polygonTool()
    rig.click(10, 10).click(30, 10).click(30, 30)
    rig.key('Escape')
    expect(rig.draft.path).toBeNull()
    rig.key('Enter')
    expect(rig.records()).toEqual([])
  })

  test('one polygon is one undo step', () => {
    const rig = polygonTool()
    for (const x of [0, 50]) {
      rig
        .click(10 + x, 10)
        .click(30 + x, 10)
        .click(30 + x, 30)
      rig.key('Enter')
    }
    rig.key('z', { mod: true })
    expect(rig.records().map((record) => record.id)).toEqual(['new-1'])
    rig.key('z', { mod: true })
    expect(rig.records()).toEqual([])
    rig.key('z', { mod: true, shift: true })
    rig.key('y', { mod: true })
    expect(rig.records()).toHaveLength(2)
  })

  test('panning with the middle button or space keeps the drawing', () => {
    const rig = polygonTool()
    rig.click(10, 10).click(30, 10)
    rig.press(50, 50, { button: 1 })
    const before = rig.view.offsetX
    rig.move(45, 50).release(45, 50, { button: 1 })
    expect(rig.view.offsetX).not.toBe(before)
    rig.key(' ')
    rig.drag([
      [50, 50],
      [55, 55],
    ])
    rig.tools.keyReleased(' ')
    rig.click(30, 30)
    rig.key('Enter')
    expect(rig.rings()).toEqual([[10, 10, 30, 10, 30, 30]])
  })

  test('without a class nothing is drawn and the reason told', () => {
    const rig = new Rig([], { tool: 'polygon', activeClass: null })
    rig.click(10, 10)
    expect(rig.hints).toEqual(['hint.noClass'])
    expect(rig.draft.path).toBeNull()
  })
})

describe('holes', () => {
  const hole = (rig: Rig, held = { alt: true }) =>
    rig.click(15, 15, held).click(20, 15, held).click(20, 20, held)

  test('with Alt, a ring inside the selected polygon becomes a hole that runs the other way round', () => {
    const rig = polygonTool(['a', 10, 10, 20])
    rig.state.set({ selection: new Set(['a']) })
    hole(rig)
    rig.key('Enter')
    expect(rig.rings()).toEqual([
      [10, 10, 30, 10, 30, 30, 10, 30],
      [20, 20, 20, 15, 15, 15],
    ])
    expect(rig.selection).toEqual(['a'])
    rig.key('z', { mod: true })
    expect(rig.rings()).toHaveLength(1)
  })

  test('the hole switch does the same without a key', () => {
    const rig = polygonTool(['a', 10, 10, 20])
    rig.state.set({ selection: new Set(['a']), cutsHole: true })
    hole(rig, { alt: false })
    rig.key('Enter')
    expect(rig.rings()).toHaveLength(2)
  })

  test('a hole that reaches outside is refused and the drawing stays to be mended', () => {
    const rig = polygonTool(['a', 10, 10, 20])
    rig.state.set({ selection: new Set(['a']) })
    rig.click(15, 15, { alt: true }).click(40, 15).click(20, 20)
    rig.key('Enter')
    expect(rig.hints).toEqual(['hint.holeOutside'])
    expect(rig.draft.path?.points).toHaveLength(6)
  })

  test('without a selected object there is nothing to cut', () => {
    const rig = polygonTool(['a', 10, 10, 20])
    rig.click(15, 15, { alt: true })
    expect(rig.hints).toEqual(['hint.holeNeedsSelection'])
  })

  test('a hole in a mask takes its pixels', () => {
    const rig = new Rig([maskOf('m', 10, 10, 20, 20)], { tool: 'polygon', selection: new Set(['m']) })
    rig.click(12, 12, { alt: true }).click(16, 12).click(16, 15).click(12, 15)
    rig.key('Enter')
    const [record] = rig.records()
    if (record?.kind !== 'mask') throw new Error('not a mask')
    const { data } = bitmapOf(record.mask)
    expect(data.reduce((sum, value) => sum + value, 0)).toBe(20 * 20 - 4 * 3)
    expect([data[2 * 20 + 2], data[2 * 20 + 5], data[2 * 20 + 6]]).toEqual([0, 0, 1])
  })
})
