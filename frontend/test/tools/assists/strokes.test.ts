/** Smart region and watershed: boxes and strokes. */
import { describe, expect, test } from 'vitest'

import { Rig } from '../rig'
import { block } from './masks'

describe('the smart region', () => {
  const boxed = () =>
    new Rig([], { tool: 'smart' }, 400).drag([
      [100, 100],
      [140, 180],
    ])

  test('asks for the box with a quarter of its longer side around', () => {
    const { question } = boxed().assists.last
    expect(question.method).toBe('grabcut')
    expect(question.box).toEqual({ x0: 100, y0: 100, x1: 140, y1: 180 })
    expect(question.region).toEqual({ x0: 80, y0: 80, x1: 160, y1: 200 })
    expect(question.parameters).toEqual({ core: 0.5, iterations: 1 })
  })

  test('a click is no box, and says what to do', () => {
    const rig = new Rig([], { tool: 'smart' }).click(20, 20)
    expect(rig.assists.asked).toEqual([])
    expect(rig.hints.at(-1)).toBe('assists:hint.drawBox')
  })

  test('a box is cut at the image’s border', () => {
    const rig = new Rig([], { tool: 'smart' }).drag([
      [-20, 50],
      [30, 120],
    ])
    expect(rig.assists.last.question.box).toEqual({ x0: 0, y0: 50, x1: 30, y1: 100 })
    expect(rig.assists.last.question.region).toEqual({ x0: 0, y0: 37, x1: 43, y1: 100 })
  })

  test('strokes add, with Alt they remove; they are shown while drawn and asked with when they end', async () => {
    const rig = boxed()
    await rig.assists.last.answer({ mask: block(110, 110, 130, 170) })
    rig.press(110, 110).move(120, 120)
    expect(rig.draft.preview?.marks.strokes).toMatchObject([{ adds: true, radius: 1.25 }])
    expect(rig.assists.asked.length).toBe(1)
    rig.release(130, 130)
    rig.drag(
      [
        [150, 150],
        [155, 155],
      ],
      { alt: true },
    )
    const { strokes } = rig.assists.last.question
    expect(strokes).toMatchObject([
      { adds: true, points: [110, 110, 120, 120, 130, 130] },
      { adds: false, points: [150, 150, 155, 155] },
    ])
    expect(rig.assists.asked.length).toBe(3)
  })

  test('Esc in the middle of a stroke drops that stroke only; undo takes strokes back, then the box', async () => {
    const rig = boxed()
    await rig.assists.last.answer({ mask: block(110, 110, 130, 170) })
    rig.press(110, 110).move(120, 120)
    rig.key('Escape')
    expect(rig.draft.preview).toMatchObject({ mask: { x: 110 }, marks: { strokes: [] } })
    rig.drag([
      [110, 110],
      [120, 120],
    ])
    rig.tools.undo()
    expect(rig.assists.last.question.strokes).toEqual([])
    rig.tools.undo()
    expect(rig.tools.working).toBe(false)
  })

  test('a stroke outside the box widens the region to hold it', () => {
    const rig = boxed().drag([
      [300, 90],
      [310, 90],
    ])
    expect(rig.assists.last.question.region).toEqual({ x0: 80, y0: 80, x1: 312, y1: 200 })
  })
})

describe('the watershed', () => {
  test('asks only when there are strokes of both kinds, and says which is missing', async () => {
    const rig = new Rig([], { tool: 'watershed' }, 400).drag([
      [100, 100],
      [110, 100],
    ])
    expect(rig.assists.asked).toEqual([])
    expect(rig.hints.at(-1)).toBe('assists:hint.markBackground')
    expect(rig.state.get().proposal).toMatchObject({ busy: false, ready: false })
    rig.key('Enter')
    expect(rig.hints.at(-1)).toBe('assists:hint.markFirst')
    rig.drag(
      [
        [80, 80],
        [140, 80],
      ],
      { alt: true },
    )
    expect(rig.assists.asked.length).toBe(1)
    const { method, region, strokes } = rig.assists.last.question
    expect(method).toBe('watershed')
    expect(strokes?.map((stroke) => stroke.adds)).toEqual([true, false])
    expect(region).toEqual({ x0: 63, y0: 63, x1: 157, y1: 117 })
    await rig.assists.last.answer({ mask: block(95, 95, 115, 105) })
    rig.key('Backspace')
    expect(rig.draft.preview?.mask).toBeNull()
    expect(rig.state.get().proposal).toMatchObject({ ready: false })
  })

  test('with the bar on − a stroke is of the background, and Alt turns it round', () => {
    const rig = new Rig([], { tool: 'watershed', marking: 'remove' }).drag([
      [10, 10],
      [20, 10],
    ])
    expect(rig.hints.at(-1)).toBe('assists:hint.markObject')
    rig.drag(
      [
        [40, 40],
        [50, 40],
      ],
      { alt: true },
    )
    expect(rig.assists.last.question.strokes?.map((stroke) => stroke.adds)).toEqual([false, true])
  })

  test('water that runs to the region’s border is given more room', async () => {
    const rig = new Rig([], { tool: 'watershed' }, 1000)
      .drag([
        [500, 500],
        [540, 500],
      ])
      .drag(
        [
          [480, 480],
          [540, 480],
        ],
        { alt: true },
      )
    const { region } = rig.assists.last.question
    await rig.assists.last.answer({ mask: block(490, 490, 550, region.y1) })
    const wider = rig.assists.last.question.region
    expect(wider.x1 - wider.x0).toBe(2 * (region.x1 - region.x0))
    expect(rig.assists.last.question.strokes?.length).toBe(2)
  })
})
