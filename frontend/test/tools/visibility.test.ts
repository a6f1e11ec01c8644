/** Hide, lock and solo: what is shown, what can be touched, and how one leaves solo. */
import { describe, expect, test } from 'vitest'

import { INITIAL_STATE } from '../../src/tools/editorState'
import { ALL_SHOWN, flipped, isLocked, isShown, isTouchable, soloFor } from '../../src/tools/visibility'
import { box } from './objects'
import { Rig } from './rig'

const cell = { id: 'a', classIndex: 1 }
const debris = { id: 'b', classIndex: 2 }

describe('what is shown', () => {
  test('a hidden object and those of a hidden class are not', () => {
    const state = { ...INITIAL_STATE, hidden: new Set(['a']), hiddenClasses: new Set([2]) }
    expect(isShown(state, cell)).toBe(false)
    expect(isShown(state, debris)).toBe(false)
    expect(isShown(state, { id: 'c', classIndex: 3 })).toBe(true)
  })

  test('solo shows what it names, even when that is hidden, and nothing else', () => {
    const hidden = { ...INITIAL_STATE, hidden: new Set(['a']) }
    const state = { ...hidden, solo: soloFor(hidden, { objects: ['a'] }) }
    expect(isShown(state, cell)).toBe(true)
    expect(isShown(state, debris)).toBe(false)
  })

  test('solo of a class shows all of its objects', () => {
    const state = { ...INITIAL_STATE, solo: soloFor(INITIAL_STATE, { classes: [2] }) }
    expect(isShown(state, debris)).toBe(true)
    expect(isShown(state, cell)).toBe(false)
  })

  test('asking for the same solo again leaves it, for another one changes it', () => {
    const state = { ...INITIAL_STATE, solo: soloFor(INITIAL_STATE, { objects: ['a', 'b'] }) }
    expect(soloFor(state, { objects: ['b', 'a'] })).toBeNull()
    expect([...soloFor(state, { objects: ['a'] })!.objects]).toEqual(['a'])
    expect(soloFor(state, { objects: [] })).toBeNull()
  })

  test('show all ends solo and what was hidden, and leaves locks', () => {
    const before = { ...INITIAL_STATE, hidden: new Set(['a']), locked: new Set(['b']) }
    const state = { ...before, ...ALL_SHOWN }
    expect(isShown(state, cell)).toBe(true)
    expect(isLocked(state, debris)).toBe(true)
  })
})

test('an object of a locked class is seen and not touched', () => {
  const state = { ...INITIAL_STATE, lockedClasses: new Set([1]) }
  expect(isShown(state, cell)).toBe(true)
  expect(isTouchable(state, cell)).toBe(false)
  expect(isTouchable(state, debris)).toBe(true)
})

test('flipping hides all unless all are hidden', () => {
  expect([...flipped(new Set(['a']), ['a', 'b'])]).toEqual(['a', 'b'])
  expect([...flipped(new Set(['a', 'b', 'c']), ['a', 'b'])]).toEqual(['c'])
})

test('a click on an object of a locked class selects nothing', () => {
  const rig = new Rig([box('a', 10, 10, 40, 40)], { lockedClasses: new Set([1]) })
  rig.click(20, 20)
  expect(rig.selection).toEqual([])
})

test('in an exclusive document an object of a locked class keeps its pixels', () => {
  const locked = box('a', 10, 10, 40, 40)
  const rig = new Rig([locked], { lockedClasses: new Set([1]), activeClass: 2, tool: 'box' }, 100, true)
  rig.drag([
    [15, 15],
    [30, 30],
  ])
  expect(rig.records()).toEqual([locked])
  expect(rig.hints).toContain('hint.nothingLeft')
})
