/** What all assists share, tried with the wand: asking, showing, accepting, dropping, failing, asking again. */
import { describe, expect, test } from 'vitest'

import type { AnnotationRecord } from '@/core/document'

import { Rig } from '../rig'
import { block } from './masks'

const wand = (records: readonly AnnotationRecord[] = []) => new Rig(records, { tool: 'wand' })
const FOUND = { mask: block(10, 10, 30, 30) }

describe('a proposal', () => {
  test('shows the mark at once, as busy, and the mask when the answer is there', async () => {
    const rig = wand().click(20, 20)
    expect(rig.draft.preview).toMatchObject({
      mask: null,
      busy: true,
      marks: { positive: [{ x: 20, y: 20 }] },
    })
    expect(rig.state.get().proposal).toMatchObject({ busy: true, ready: false })
    await rig.assists.last.answer(FOUND)
    expect(rig.draft.preview).toMatchObject({ mask: FOUND.mask, busy: false, classIndex: 1 })
    expect(rig.state.get().proposal).toMatchObject({ busy: false, ready: true, failure: null })
    expect(rig.records()).toEqual([])
  })

  test('becomes a mask by Enter, which is selected, and one undo takes it back', async () => {
    const rig = wand().click(20, 20)
    await rig.assists.last.answer(FOUND)
    expect(rig.key('Enter')).toBe(true)
    expect(rig.records()).toMatchObject([{ kind: 'mask', classIndex: 1, mask: FOUND.mask }])
    expect(rig.selection).toEqual(['new-1'])
    expect(rig.draft.preview).toBeNull()
    expect(rig.state.get().proposal).toBeNull()
    rig.tools.undo()
    expect(rig.records()).toEqual([])
  })

  test('becomes a polygon where that is chosen, of the class that is active then', async () => {
    const rig = wand().click(20, 20)
    await rig.assists.last.answer(FOUND)
    rig.state.set({ proposalKind: 'polygon' })
    rig.tools.chooseClass(2)
    expect(rig.draft.preview?.classIndex).toBe(2)
    expect(rig.assists.asked.length).toBe(1)
    rig.key('Enter')
    expect(rig.records()).toMatchObject([{ kind: 'polygon', classIndex: 2 }])
    expect(rig.rings()).toEqual([[10, 10, 30, 10, 30, 30, 10, 30]])
  })

  test('adds to the selected object with Shift and takes from it with Alt', async () => {
    const rig = wand().click(20, 20)
    await rig.assists.last.answer(FOUND)
    rig.key('Enter')
    rig.click(40, 20)
    await rig.assists.last.answer({ mask: block(30, 10, 50, 30) })
    rig.key('Enter', { shift: true })
    expect(rig.records()).toMatchObject([{ mask: { x: 10, y: 10, width: 40, height: 20 } }])
    rig.click(20, 20)
    await rig.assists.last.answer({ mask: block(10, 10, 45, 30) })
    rig.key('Enter', { alt: true })
    expect(rig.records()).toMatchObject([{ mask: { x: 45, y: 10, width: 5, height: 20 } }])
  })

  test('of no pixels is told and cannot be accepted', async () => {
    const rig = wand().click(20, 20)
    await rig.assists.last.answer({})
    expect(rig.hints.at(-1)).toBe('assists:hint.nothing')
    expect(rig.state.get().proposal).toMatchObject({ ready: false })
    rig.key('Enter')
    expect(rig.records()).toEqual([])
  })

  test('is not accepted before it is there', () => {
    const rig = wand().click(20, 20)
    rig.key('Enter')
    expect(rig.hints.at(-1)).toBe('assists:hint.wait')
    expect(rig.records()).toEqual([])
  })

  test('is dropped by Esc, and its answer is not seen any more', async () => {
    const rig = wand().click(20, 20)
    const { signal, answer } = rig.assists.last
    rig.key('Escape')
    expect(signal.aborted).toBe(true)
    await answer(FOUND)
    expect(rig.draft.preview).toBeNull()
    expect(rig.tools.working).toBe(false)
    rig.key('Enter')
    expect(rig.records()).toEqual([])
  })

  test('is dropped with its question when the tool changes or the editor closes', async () => {
    const rig = wand().click(20, 20)
    rig.key('v')
    expect(rig.assists.last.signal.aborted).toBe(true)
    expect(rig.state.get().proposal).toBeNull()
    rig.key('w')
    rig.press(20, 20) // also in the middle of a drag
    await rig.assists.last.answer(FOUND)
    rig.tools.drop()
    expect(rig.state.get().proposal).toBeNull()
  })

  test('stays while a second finger zooms', async () => {
    const rig = wand().press(20, 20)
    await rig.assists.last.answer(FOUND)
    rig.tools.pointerLost()
    rig.tools.pointerLost()
    expect(rig.draft.preview?.mask).toEqual(FOUND.mask)
    rig.key('Enter')
    expect(rig.records().length).toBe(1)
  })

  test('stays on screen while the space bar lends the hand, also when it is answered then', async () => {
    const rig = wand().click(20, 20)
    rig.key(' ')
    rig.drag([
      [50, 50],
      [40, 40],
    ])
    expect(rig.draft).toMatchObject({ cursor: 'grab', preview: { busy: true } })
    await rig.assists.last.answer(FOUND)
    expect(rig.draft).toMatchObject({ cursor: 'grab', preview: { mask: FOUND.mask } })
    rig.tools.keyReleased(' ')
    expect(rig.draft).toMatchObject({ cursor: 'crosshair', preview: { mask: FOUND.mask } })
    rig.key('Enter')
    expect(rig.records().length).toBe(1)
  })

  test('a newer question aborts the older one, whose late answer is not shown', async () => {
    const rig = wand().click(20, 20)
    const first = rig.assists.last
    rig.click(60, 60)
    expect(first.signal.aborted).toBe(true)
    await rig.assists.last.answer({ mask: block(50, 50, 70, 70) })
    await first.answer(FOUND)
    expect(rig.draft.preview?.mask).toMatchObject({ x: 50, y: 50 })
  })
})

describe('a failure', () => {
  test('is told, leaves the drawing alone, and Enter asks the same again', async () => {
    const rig = wand().click(20, 20)
    await rig.assists.last.answer(FOUND)
    rig.key('Enter')
    const before = rig.records()
    rig.click(60, 60)
    const { question, fail } = rig.assists.last
    await fail('offline')
    expect(rig.hints.at(-1)).toBe('assists:hint.offline')
    expect(rig.state.get().proposal).toMatchObject({ busy: false, ready: false, failure: 'offline' })
    expect(rig.records()).toEqual(before)
    expect(rig.draft.preview?.marks.positive).toEqual([{ x: 60, y: 60 }])
    rig.key('Enter')
    expect(rig.assists.last.question).toEqual(question)
    expect(rig.state.get().proposal).toMatchObject({ busy: true, failure: null })
    await rig.assists.last.answer({ mask: block(50, 50, 70, 70) })
    rig.key('Enter')
    expect(rig.records().length).toBe(2)
  })

  test('after an older answer does not let that one be accepted for newer marks', async () => {
    const rig = wand().click(20, 20)
    await rig.assists.last.answer(FOUND)
    rig.click(60, 60, { shift: true })
    await rig.assists.last.fail('oneColour')
    rig.key('Enter')
    expect(rig.records()).toEqual([])
    expect(rig.assists.asked.length).toBe(3)
  })
})

describe('where nothing may begin', () => {
  test('outside the image', () => {
    const rig = wand().click(120, 20)
    expect(rig.assists.asked).toEqual([])
    expect(rig.hints.at(-1)).toBe('assists:hint.outside')
  })

  test('in an image that can only be read', () => {
    const rig = new Rig([], { tool: 'wand', readOnly: true }).click(20, 20)
    expect(rig.assists.asked).toEqual([])
    expect(rig.hints.at(-1)).toBe('hint.readOnly')
  })
})
