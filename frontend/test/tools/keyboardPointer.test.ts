/** Drawing without a mouse: the keyboard's pointer gives tools the input that a mouse gives. */
import { describe, expect, test } from 'vitest'

import { KeyboardPointer } from '../../src/tools/keyboardPointer'
import { box, square } from './objects'
import { Rig } from './rig'

class Keyboard {
  readonly pointer: KeyboardPointer
  constructor(readonly rig: Rig) {
    this.pointer = new KeyboardPointer({
      width: 100,
      height: 100,
      view: () => rig.view,
      setView: (view) => (rig.view = view),
      send: (input) => rig.tools.pointer(input),
    })
    this.pointer.toggle({ x: 0, y: 0 })
  }

  hit(key: string, { shift = false, repeated = false } = {}): boolean {
    const input = { key, shift, alt: false, mod: false }
    const used = this.pointer.key(input, repeated) || this.rig.tools.key(input)
    if (key === ' ') this.pointer.released()
    return used || (key === 'Enter' && this.pointer.click())
  }

  goTo(x: number, y: number): this {
    const steps = (from: number, to: number, less: string, more: string) => {
      const far = Math.trunc(Math.abs(to - from) / 10)
      for (let k = 0; k < far; k++) this.hit(to > from ? more : less, { shift: true })
      for (let k = 0; k < Math.abs(to - from) % 10; k++) this.hit(to > from ? more : less)
    }
    const { at } = this.pointer.state.get()
    steps(at.x, x, 'ArrowLeft', 'ArrowRight')
    steps(at.y, y, 'ArrowUp', 'ArrowDown')
    return this
  }
}

test('a polygon has exactly the corners that the pointer was at', () => {
  const keys = new Keyboard(new Rig([], { tool: 'polygon' }))
  for (const [x, y] of [
    [12, 7],
    [61, 7],
    [61, 44],
    [12, 44],
  ] as const) {
    keys.goTo(x, y)
    keys.hit(' ')
  }
  keys.hit('Enter')
  expect(keys.rig.rings()).toEqual([[12, 7, 61, 7, 61, 44, 12, 44]])
})

test('a box is dragged with the pointer held pressed by Shift and space', () => {
  const keys = new Keyboard(new Rig([], { tool: 'box' }))
  keys.goTo(10, 20)
  keys.hit(' ', { shift: true })
  keys.goTo(50, 45)
  expect(keys.rig.records()).toEqual([])
  keys.hit(' ', { shift: true })
  expect(keys.rig.records()).toMatchObject([{ kind: 'box', box: [10, 20, 50, 45] }])
})

test('a brush stroke covers what the pointer went over', () => {
  const keys = new Keyboard(new Rig([], { tool: 'brush', brushSize: 4, brushShape: 'square' }))
  keys.goTo(20, 20)
  keys.hit(' ', { shift: true })
  keys.goTo(40, 20)
  keys.hit(' ', { shift: true })
  expect(keys.rig.records()).toMatchObject([{ kind: 'mask', mask: { x: 18, y: 18, width: 24, height: 4 } }])
})

test('select: space and Enter choose the object under the pointer', () => {
  const keys = new Keyboard(new Rig([square('a', 10, 10), box('b', 50, 50, 70, 70)]))
  keys.goTo(15, 15).hit(' ')
  expect(keys.rig.selection).toEqual(['a'])
  keys.goTo(60, 60)
  keys.rig.tools.key({ key: 'Escape', shift: false, alt: false, mod: false })
  keys.hit('Enter')
  expect(keys.rig.selection).toEqual(['b'])
})

describe('the pointer', () => {
  test('stays within the image and in sight', () => {
    const keys = new Keyboard(new Rig([], {}, 100))
    for (let k = 0; k < 30; k++) keys.hit('ArrowRight', { shift: true })
    expect(keys.pointer.state.get().at).toMatchObject({ x: 100, y: 0 })
    const { scale, offsetX, width } = keys.rig.view
    expect(100 * scale + offsetX).toBeLessThanOrEqual(width)
  })

  test('goes by whole pixels also from between them', () => {
    const keys = new Keyboard(new Rig())
    keys.pointer.follow({ x: 33.4, y: 12.6 })
    expect(keys.pointer.state.get().at).toMatchObject({ x: 33, y: 13 })
  })

  test('a key that repeats does not press again', () => {
    const keys = new Keyboard(new Rig([], { tool: 'polygon' }))
    keys.goTo(10, 10)
    const input = { key: ' ', shift: false, alt: false, mod: false }
    keys.pointer.key(input, false)
    keys.pointer.key(input, true)
    keys.pointer.released()
    expect(keys.rig.draft.path?.points).toEqual([10, 10])
  })

  test('leaves keys alone while it is off, and those with Ctrl or Alt', () => {
    const keys = new Keyboard(new Rig())
    expect(keys.pointer.key({ key: 'ArrowUp', shift: false, alt: false, mod: true }, false)).toBe(false)
    keys.pointer.toggle(null)
    expect(keys.pointer.key({ key: 'ArrowUp', shift: false, alt: false, mod: false }, false)).toBe(false)
  })

  test('switched off while pressed it lets go', () => {
    const keys = new Keyboard(new Rig([], { tool: 'box' }))
    keys.goTo(10, 10)
    keys.hit(' ', { shift: true })
    keys.goTo(40, 40)
    keys.pointer.toggle(null)
    expect(keys.rig.records()).toMatchObject([{ box: [10, 10, 40, 40] }])
    expect(keys.rig.tools.working).toBe(false)
  })
})
