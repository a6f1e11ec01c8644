/** Pens and fingers, as far as tools see them: the lent eraser, and a press that is taken away. */
import { expect, test } from 'vitest'

import { bitmapOf } from '../../src/core/bitmap'
import { maskOf } from './objects'
import { Rig } from './rig'

function pixelsOf(rig: Rig, id: string): number | null {
  const record = rig.store.get(id)
  return record?.kind === 'mask' ? bitmapOf(record.mask).data.reduce((sum, value) => sum + value, 0) : null
}

test("a pen's other end erases in the middle of a polygon, which then goes on", () => {
  const rig = new Rig([maskOf('m', 60, 60, 10, 10)], { tool: 'polygon', brushSize: 4, brushShape: 'square' })
  rig.click(10, 10).click(30, 10)
  rig.tools.lendEraser()
  rig.click(64, 64)
  rig.tools.giveBack()
  rig.click(30, 30)
  rig.key('Enter')
  expect(rig.state.get().tool).toBe('polygon')
  expect(pixelsOf(rig, 'm')).toBe(100 - 16)
  const drawn = rig.records().find((record) => record.kind === 'polygon')
  expect(drawn?.kind === 'polygon' && [...drawn.polygons[0]![0]!]).toEqual([10, 10, 30, 10, 30, 30])
})

test('a pen that leaves in the middle of erasing changes nothing', () => {
  const rig = new Rig([maskOf('m', 60, 60, 10, 10)], { tool: 'brush', brushSize: 4 })
  rig.tools.lendEraser()
  rig.press(64, 64).move(66, 66)
  rig.tools.pointerLost()
  expect(rig.tools.working).toBe(false)
  expect(pixelsOf(rig, 'm')).toBe(100)
  rig.drag([
    [20, 20],
    [30, 20],
  ])
  expect(rig.records()).toHaveLength(1)
  expect(pixelsOf(rig, 'm')).toBeGreaterThan(100)
})

test('where one can only look, the other end erases nothing', () => {
  const rig = new Rig([maskOf('m', 60, 60, 10, 10)], { tool: 'hand', readOnly: true })
  rig.tools.lendEraser()
  rig.click(64, 64)
  expect(rig.store.get('m')).toBe(rig.records()[0])
  expect(rig.history.canUndo).toBe(false)
})

test('a second finger takes back the press of a polygon, not the points before it', () => {
  const rig = new Rig([], { tool: 'polygon' })
  rig.click(10, 10).click(30, 10)
  rig.press(50, 50).move(60, 60).move(70, 70)
  rig.tools.pointerLost()
  rig.click(30, 30)
  rig.key('Enter')
  expect(rig.rings()).toEqual([[10, 10, 30, 10, 30, 30]])
})

test('the ring goes when the pointer leaves', () => {
  const rig = new Rig([], { tool: 'brush' })
  rig.move(10, 10)
  expect(rig.draft.ring).not.toBeNull()
  rig.tools.pointerLeft()
  expect(rig.draft.ring).toBeNull()
})
