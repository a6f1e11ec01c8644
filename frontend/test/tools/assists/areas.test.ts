/** Threshold and refining an outline: which area, which object. */
import { describe, expect, test } from 'vitest'

import type { AnnotationRecord } from '@/core/document'
import { newRecord } from '@/core/document'

import { Rig } from '../rig'
import { block } from './masks'

const mask = (id: string, x0: number, y0: number, x1: number, y1: number) =>
  newRecord({ id, classIndex: 2 }, { kind: 'mask', mask: block(x0, y0, x1, y1) })
const polygon = (id: string, ...ring: number[]): AnnotationRecord =>
  newRecord({ id, classIndex: 2 }, { kind: 'polygon', polygons: [[Float32Array.from(ring)]] })

describe('the threshold', () => {
  test('looks at what is on screen when nothing is selected', async () => {
    const rig = new Rig([], { tool: 'select' })
    rig.key('t')
    expect(rig.assists.last.question).toMatchObject({
      method: 'otsu',
      region: { x0: 0, y0: 0, x1: 100, y1: 100 },
      parameters: { channel: 'grey', side: 'bright' },
    })
    const histogram = { counts: Array.from({ length: 256 }, () => 1), low: 90, high: 255 }
    await rig.assists.last.answer({ mask: block(1, 1, 5, 5), histogram })
    expect(rig.state.get().proposal?.histogram).toEqual(histogram)
  })

  test('looks inside the selected polygon, mask or box', () => {
    const triangle = polygon('a', 10, 10, 50.5, 10, 10, 40)
    const rig = new Rig([triangle, mask('b', 60, 60, 80, 80)], { tool: 'select', selection: new Set(['a']) })
    rig.key('t')
    expect(rig.assists.last.question).toMatchObject({ region: { x0: 10, y0: 10, x1: 51, y1: 40 } })
    expect(rig.assists.last.question.polygons).toEqual([[Float32Array.of(10, 10, 50.5, 10, 10, 40)]])
    rig.key('Escape')
    rig.state.set({ selection: new Set(['b']) })
    rig.key('Enter')
    expect(rig.assists.last.question.polygons?.flat().map((ring) => [...ring])).toEqual([
      [60, 60, 80, 60, 80, 80, 60, 80],
    ])
  })

  test('a drag looks inside its box, a click at all that is on screen again', () => {
    const rig = new Rig([], { tool: 'select' })
    rig.key('t')
    rig.drag([
      [20.5, 20],
      [60, 70],
    ])
    expect(rig.assists.last.question).toMatchObject({
      region: { x0: 20, y0: 20, x1: 60, y1: 70 },
      box: { x0: 20.5, y0: 20, x1: 60, y1: 70 },
    })
    rig.click(50, 50)
    expect(rig.assists.last.question.region).toEqual({ x0: 0, y0: 0, x1: 100, y1: 100 })
    expect(rig.assists.last.question.box).toBeUndefined()
  })

  test('sends what the mode takes, and a group that there is', () => {
    const rig = new Rig([], { tool: 'select' })
    const threshold = (patch: object) => {
      const { assists } = rig.state.get()
      rig.state.set({ assists: { ...assists, threshold: { ...assists.threshold, ...patch } } })
    }
    threshold({ mode: 'multi_otsu', classes: 2, level: 4 })
    rig.key('t')
    expect(rig.assists.last.question).toMatchObject({
      method: 'multi_otsu',
      parameters: { channel: 'grey', classes: 2, level: 1 },
    })
    rig.key('Escape')
    threshold({ mode: 'range', low: 20, high: 60 })
    rig.key('Enter')
    expect(rig.assists.last.question.parameters).toEqual({ channel: 'grey', low: 20, high: 60 })
  })
})

describe('refining an outline', () => {
  test('begins with the selected object and changes it, keeping its class and its kind', async () => {
    const rig = new Rig([polygon('a', 20, 20, 60, 20, 60, 60, 20, 60)], { selection: new Set(['a']) })
    rig.tools.use('refine')
    const { method, region, mask: initial } = rig.assists.last.question
    expect(method).toBe('active_contour')
    expect(region).toEqual({ x0: 10, y0: 10, x1: 70, y1: 70 })
    expect(initial).toEqual(block(20, 20, 60, 60))
    await rig.assists.last.answer({ mask: block(22, 22, 58, 58) })
    expect(rig.state.get().proposal).toMatchObject({ replaces: true, ready: true })
    rig.key('Enter')
    expect(rig.records()).toMatchObject([{ id: 'a', kind: 'polygon', classIndex: 2 }])
    expect(rig.rings()).toEqual([[22, 22, 58, 22, 58, 58, 22, 58]])
    rig.tools.undo()
    expect(rig.rings()).toEqual([[20, 20, 60, 20, 60, 60, 20, 60]])
  })

  test('takes the object that is clicked; a click beside all of them says so', () => {
    const rig = new Rig([mask('a', 20, 20, 60, 60)], { tool: 'refine' })
    rig.click(90, 90)
    expect(rig.hints.at(-1)).toBe('assists:hint.refineNothing')
    rig.click(40, 40)
    expect(rig.selection).toEqual(['a'])
    expect(rig.assists.asked.length).toBe(1)
  })

  test('an object that somebody deleted meanwhile is not brought back', async () => {
    const rig = new Rig([mask('a', 20, 20, 60, 60)], { tool: 'refine' }).click(40, 40)
    await rig.assists.last.answer({ mask: block(22, 22, 58, 58) })
    rig.store.transact('remote', (transaction) => transaction.remove('a'))
    rig.key('Enter')
    expect(rig.records()).toEqual([])
    expect(rig.hints.at(-1)).toBe('hint.objectGone')
  })
})
