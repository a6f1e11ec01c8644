/** Objects have the attributes that their class knows, whatever gave them the class. */
import { describe, expect, test } from 'vitest'

import { VOID } from '../../src/core/document'
import type { EditorClass } from '../../src/tools/editorState'
import { square } from './objects'
import { Rig } from './rig'

const classes: readonly EditorClass[] = [
  {
    index: 1,
    name: 'person',
    colour: '#e6194b',
    hotkey: '1',
    attributes: [
      { name: 'cut', type: 'checkbox', default: false },
      { name: 'view', type: 'select', options: ['front', 'side'], required: true },
    ],
  },
  {
    index: 2,
    name: 'dog',
    colour: '#3cb44b',
    hotkey: '2',
    attributes: [
      { name: 'cut', type: 'checkbox', default: false },
      { name: 'age', type: 'number', default: 3 },
    ],
  },
]

describe('attributes', () => {
  test('a drawn object begins with the defaults of its class', () => {
    const rig = new Rig([], { classes, activeClass: 2, tool: 'box' })
    rig.drag([[10, 10], [30, 30]]) // prettier-ignore
    expect(rig.records()[0]).toMatchObject({ classIndex: 2, attributes: { cut: false, age: 3 } })
  })

  test('another class keeps what it knows, drops the rest, and one undo brings all back', () => {
    const before = { ...square('a', 10, 10), attributes: { cut: true, view: 'side' } }
    const rig = new Rig([before], { classes, tool: 'select', selection: new Set(['a']) })
    rig.key('2')
    expect(rig.store.get('a')).toMatchObject({ classIndex: 2, attributes: { cut: true, age: 3 } })
    rig.key('z', { mod: true })
    expect(rig.records()).toEqual([before])
    rig.tools.chooseClass(VOID)
    expect(rig.store.get('a')).toMatchObject({ classIndex: VOID, attributes: {} })
  })

  test('an object of a class whose schema is not known keeps what it has', () => {
    const known = { ...square('a', 10, 10), classIndex: 9, attributes: { from: 'elsewhere' } }
    const rig = new Rig([known], { classes, tool: 'select', selection: new Set(['a']) })
    rig.key('ArrowRight')
    expect(rig.store.get('a')?.attributes).toEqual({ from: 'elsewhere' })
  })
})
