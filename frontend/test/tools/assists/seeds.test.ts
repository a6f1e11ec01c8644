/** Magic wand and region growing: seeds, the drag that changes the tolerance, regions that widen. */
import { describe, expect, test } from 'vitest'

import { Rig } from '../rig'
import { block } from './masks'

const points = (points: readonly { x: number; y: number }[] | undefined) =>
  (points ?? []).map(({ x, y }) => [x, y])

describe('the wand', () => {
  test('asks around the click with its settings', () => {
    const rig = new Rig([], { tool: 'wand' }, 5000).click(2000, 1500)
    const { method, region, parameters, positive } = rig.assists.last.question
    expect(method).toBe('wand')
    expect(region).toEqual({ x0: 1872, y0: 1372, x1: 2128, y1: 1628 })
    expect(parameters).toEqual({ tolerance: 12, reach: 'contiguous' })
    expect(points(positive)).toEqual([[2000, 1500]])
  })

  test('a click begins anew; Shift adds a seed, Alt one off the object; Backspace and undo take them back', () => {
    const rig = new Rig([], { tool: 'wand' }).click(10, 10).click(20, 20)
    rig.click(30, 30, { shift: true }).click(40, 40, { alt: true })
    expect(points(rig.assists.last.question.positive)).toEqual([
      [20, 20],
      [30, 30],
    ])
    expect(points(rig.assists.last.question.negative)).toEqual([[40, 40]])
    rig.key('Backspace')
    expect(points(rig.assists.last.question.negative)).toEqual([])
    rig.tools.undo()
    expect(points(rig.assists.last.question.positive)).toEqual([[20, 20]])
    rig.tools.undo()
    expect(rig.tools.working).toBe(false)
    expect(rig.draft.preview).toBeNull()
  })

  test('the bar’s marks stand for the keys that a finger has not', () => {
    const rig = new Rig([], { tool: 'wand' }).click(10, 10)
    rig.state.set({ marking: 'add' })
    rig.click(20, 20)
    rig.state.set({ marking: 'remove' })
    rig.click(30, 30)
    expect(points(rig.assists.last.question.positive).length).toBe(2)
    expect(points(rig.assists.last.question.negative)).toEqual([[30, 30]])
  })

  test('dragging to the right widens the tolerance, and no more is asked at once than is answered', async () => {
    const rig = new Rig([], { tool: 'wand' }).press(20, 20)
    const first = rig.assists.last
    for (const x of [25, 30, 35, 40]) rig.move(x, 20)
    expect(rig.state.get().assists.wand.tolerance).toBe(24) // 20 image pixels are 80 on screen
    expect(rig.assists.asked.length).toBe(1)
    expect(first.signal.aborted).toBe(false)
    await first.answer({ mask: block(19, 19, 21, 21) })
    expect(rig.draft.preview?.mask).toMatchObject({ x: 19 }) // seen while the newest is under way
    expect(rig.assists.asked.length).toBe(2)
    expect(rig.assists.last.question.parameters).toMatchObject({ tolerance: 24 })
    rig.move(20 - 100, 20).release(20 - 100, 20)
    expect(rig.state.get().assists.wand.tolerance).toBe(0)
    await rig.assists.last.answer({})
    expect(rig.assists.last.question.parameters).toMatchObject({ tolerance: 0 })
    expect(points(rig.assists.last.question.positive)).toEqual([[20, 20]])
  })

  test('a hand that shakes changes nothing', () => {
    const rig = new Rig([], { tool: 'wand' }).press(20, 20).move(20.5, 20).release(20.5, 20)
    expect(rig.state.get().assists.wand.tolerance).toBe(12)
    expect(rig.assists.asked.length).toBe(1)
  })

  test('what ends at the region’s border is asked for again in wider ones, up to the method’s limit', async () => {
    const rig = new Rig([], { tool: 'wand' }, 6000).click(3000, 3000)
    const sides: number[] = []
    for (let k = 0; k < 6 && rig.state.get().proposal?.busy; k++) {
      const { x0, y0, x1, y1 } = rig.assists.last.question.region
      sides.push(x1 - x0)
      await rig.assists.last.answer({ mask: block(x0, y0, x1, y1) })
    }
    expect(sides).toEqual([256, 512, 1024, 2048])
    expect(rig.state.get().proposal).toMatchObject({ busy: false, ready: true })
    rig.click(3010, 3010, { shift: true }) // begins where the last one ended
    expect(rig.assists.last.question.region.x1 - rig.assists.last.question.region.x0).toBe(2048)
  })

  test('anywhere looks at all that is on screen and does not widen', async () => {
    const rig = new Rig([], { tool: 'wand' }, 6000)
    const { assists } = rig.state.get()
    rig.state.set({ assists: { ...assists, wand: { ...assists.wand, reach: 'anywhere' } } })
    rig.click(3000, 3000)
    const { region } = rig.assists.last.question
    expect([region.x1 - region.x0, region.y1 - region.y0]).toEqual([250, 250]) // 1000 CSS pixels at scale 4
    await rig.assists.last.answer({ mask: block(region.x0, region.y0, region.x1, region.y1) })
    expect(rig.assists.asked.length).toBe(1)
  })

  test('a setting that changes asks again with the same seeds', async () => {
    const rig = new Rig([], { tool: 'wand' }).click(20, 20)
    await rig.assists.last.answer({ mask: block(10, 10, 30, 30) })
    const { assists } = rig.state.get()
    rig.state.set({ assists: { ...assists, wand: { ...assists.wand, tolerance: 40 } } })
    rig.tools.adjusted()
    expect(rig.assists.last.question.parameters).toMatchObject({ tolerance: 40 })
    expect(points(rig.assists.last.question.positive)).toEqual([[20, 20]])
  })
})

describe('region growing', () => {
  test('takes no seeds off the object: Alt begins anew as any click', () => {
    const rig = new Rig([], { tool: 'grow' }).click(10, 10).click(20, 20, { alt: true })
    expect(rig.assists.last.question).toMatchObject({
      method: 'grow',
      parameters: { spread: 2.5, radius: 3 },
    })
    expect(points(rig.assists.last.question.positive)).toEqual([[20, 20]])
    expect(points(rig.assists.last.question.negative)).toEqual([])
  })

  test('a drag changes the spread within its limits', () => {
    const rig = new Rig([], { tool: 'grow' }).press(50, 50).move(60, 50)
    expect(rig.state.get().assists.grow.spread).toBe(3.3)
    rig.release(-900, 50)
    expect(rig.state.get().assists.grow.spread).toBe(0.5)
  })
})
