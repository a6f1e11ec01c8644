import { describe, expect, test } from 'vitest'

import { square } from './objects'
import { Rig } from './rig'

const boxTool = () => new Rig([], { tool: 'box', activeClass: 2 })

describe('box', () => {
  test('a drag in any direction makes an ordered box of float32 corners', () => {
    const rig = boxTool().drag([
      [40.1, 50],
      [30, 45],
      [20, 10.7],
    ])
    expect(rig.records()).toMatchObject([
      { classIndex: 2, box: [20, Math.fround(10.7), Math.fround(40.1), 50] },
    ])
  })

  test('Shift makes a square, Alt draws from the centre, the image cuts', () => {
    const shifted = boxTool().drag(
      [
        [10, 10],
        [30, 15],
      ],
      { shift: true },
    )
    expect(shifted.records()).toMatchObject([{ box: [10, 10, 30, 30] }])
    const centred = boxTool().drag(
      [
        [50, 50],
        [60, 55],
      ],
      { alt: true },
    )
    expect(centred.records()).toMatchObject([{ box: [40, 45, 60, 55] }])
    const outside = boxTool().drag([
      [90, 90],
      [200, 200],
    ])
    expect(outside.records()).toMatchObject([{ box: [90, 90, 100, 100] }])
  })

  test('a box below one pixel is not made; Esc and undo in the middle drop it', () => {
    const rig = boxTool().drag([
      [10, 10],
      [10.5, 40],
    ])
    rig.press(10, 10).move(30, 30)
    rig.key('Escape')
    rig.release(30, 30)
    rig.press(10, 10).move(30, 30)
    rig.key('z', { mod: true })
    rig.release(30, 30)
    expect(rig.records()).toEqual([])
  })
})

describe('view and keys', () => {
  test('the hand tool pans by what the pointer moved on screen', () => {
    const rig = new Rig([], { tool: 'hand' })
    const { offsetX, offsetY } = rig.view
    rig.press(50, 50)
    rig.move(55, 48)
    expect([rig.view.offsetX - offsetX, rig.view.offsetY - offsetY]).toEqual([20, -8])
  })

  test('keys zoom: plus, minus, fit, actual size, to the selection', () => {
    const rig = new Rig([square('a', 10, 10)])
    rig.key('+')
    expect(rig.view.scale).toBe(5)
    rig.key('-')
    expect(rig.view.scale).toBe(4)
    rig.key(')', { shift: true })
    expect(rig.view.scale).toBe(1)
    rig.key('!', { shift: true })
    expect(rig.view.scale).toBeCloseTo(8.88) // 1000 less the bars' 64 and 48, over 100
    rig.click(15, 15)
    rig.key('@', { shift: true })
    expect(rig.view.scale).toBe(64)
  })

  test('letters choose tools and leave what was being drawn', () => {
    const rig = new Rig()
    rig.key('p')
    rig.click(10, 10).click(30, 10)
    rig.key('d')
    expect(rig.state.get().tool).toBe('brush')
    expect(rig.draft.path).toBeNull()
    expect(rig.key('q')).toBe(false)
  })

  test('keys that mean nothing here are left to the browser', () => {
    const rig = new Rig()
    expect([rig.key('r', { mod: true }), rig.key('F5'), rig.key('Tab'), rig.key('Delete')]).toEqual([
      false,
      false,
      false,
      false,
    ])
  })

  test('a lost pointer drops what was being dragged', () => {
    const rig = new Rig([square('a', 10, 10)]).press(15, 15).move(40, 40)
    rig.tools.pointerLost()
    expect(rig.draft.records).toEqual([])
    expect(rig.tools.working).toBe(false)
  })

  test('objects that somebody else deleted leave the selection', () => {
    const rig = new Rig([square('a', 10, 10)], { tool: 'vertex', selection: new Set(['a']) })
    rig.store.transact('remote', (transaction) => transaction.remove('a'))
    rig.tools.refresh()
    expect([rig.selection, rig.state.get().tool]).toEqual([[], 'select'])
  })
})
