/** Click to segment: marks, what is asked with them, what is shown meanwhile, and what accepting makes. */
import { describe, expect, test } from 'vitest'

import { newRecord } from '@/core/document'
import { imagePoint } from '@/core/points'
import { INITIAL_STATE } from '@/tools/editorState'

import { block } from './assists/masks'
import { FakeClicks, Rig } from './rig'

const rig = (state = {}) => new Rig([], { tool: 'click', ...state })
const last = (r: Rig) => r.clicks.asked.at(-1)!
const question = (r: Rig) => last(r).question

/** The readiness of the fake comes as a promise. */
const settled = () => Promise.resolve().then(() => undefined)

describe('a mark', () => {
  test('a click is a positive point', () => {
    const r = rig().click(20, 30)
    expect(question(r)).toMatchObject({
      positive: [{ x: 20, y: 30 }],
      negative: [],
      box: null,
      previous: null,
    })
    expect(r.draft.preview?.marks.positive).toEqual([imagePoint(20, 30)])
    expect(r.draft.preview?.busy).toBe(true)
  })

  test('Alt, the right button and the bar make it negative', async () => {
    const r = rig().click(20, 30)
    await last(r).answer(block(10, 10, 50, 50))
    r.click(40, 40, { alt: true })
    r.press(41, 41, { button: 2 }).release(41, 41, { button: 2 })
    r.state.set({ marking: 'remove' })
    r.click(42, 42)
    expect(question(r).negative).toEqual([
      { x: 40, y: 40 },
      { x: 41, y: 41 },
      { x: 42, y: 42 },
    ])
    expect(question(r).positive).toEqual([{ x: 20, y: 30 }])
  })

  test('the first mark must be on the object', () => {
    const r = rig().click(20, 30, { alt: true })
    expect(r.clicks.asked).toEqual([])
    expect(r.hints).toEqual(['assists:hint.seedFirst'])
  })

  test('a drag is a box, with Shift a stroke', async () => {
    const r = rig().drag([
      [10, 20],
      [40, 60],
    ])
    expect(question(r).box).toEqual({ x0: 10, y0: 20, x1: 40, y1: 60 })
    await last(r).answer(block(10, 20, 40, 60))
    r.drag(
      [
        [15, 25],
        [30, 40],
      ],
      { shift: true },
    )
    expect(question(r).strokes).toMatchObject([{ adds: true, points: [15, 25, 30, 40] }])
    expect(question(r).box).toEqual({ x0: 10, y0: 20, x1: 40, y1: 60 })
  })

  test('where drags draw strokes, Shift draws a box', () => {
    const r = rig()
    r.state.set({ click: { ...r.state.get().click, drag: 'stroke' } })
    r.drag([
      [15, 25],
      [30, 40],
    ])
    expect(question(r).strokes).toHaveLength(1)
    r.drag(
      [
        [10, 20],
        [40, 60],
      ],
      { shift: true },
    )
    expect(question(r).box).toEqual({ x0: 10, y0: 20, x1: 40, y1: 60 })
  })

  test('a drag with Alt is a stroke off the object', async () => {
    const r = rig().click(20, 30)
    await last(r).answer(block(10, 10, 50, 50))
    r.drag(
      [
        [60, 60],
        [80, 60],
      ],
      { alt: true },
    )
    expect(question(r).strokes).toMatchObject([{ adds: false }])
  })

  test('beyond the image there is none, nor for a reader', () => {
    expect(rig().click(120, 30).clicks.asked).toEqual([])
    expect(rig({ readOnly: true }).click(20, 30).clicks.asked).toEqual([])
  })
})

describe('the conversation', () => {
  test('each mark goes with the logits of the answer before it', async () => {
    const r = rig().click(20, 30)
    await last(r).answer(block(10, 10, 30, 30), 'first')
    r.click(25, 35)
    expect(question(r).previous).toBe('first')
    await last(r).answer(block(10, 10, 40, 40), 'second')
    r.click(26, 36)
    expect(question(r).previous).toBe('second')
  })

  test('a newer mark breaks the older question off, whose answer is never seen', async () => {
    const r = rig().click(20, 30)
    const first = last(r)
    r.click(25, 35)
    expect(first.signal.aborted).toBe(true)
    await first.answer(block(0, 0, 5, 5))
    expect(r.draft.preview?.mask).toBeNull()
    await last(r).answer(block(10, 10, 40, 40))
    expect(r.draft.preview).toMatchObject({ mask: block(10, 10, 40, 40), busy: false })
  })

  test('Backspace and undo go back to the answer before, without asking', async () => {
    const r = rig().click(20, 30)
    await last(r).answer(block(10, 10, 30, 30))
    r.click(25, 35)
    await last(r).answer(block(10, 10, 40, 40))
    r.key('Backspace')
    expect(r.draft.preview).toMatchObject({ mask: block(10, 10, 30, 30), busy: false })
    expect(r.clicks.asked).toHaveLength(2)
    r.click(26, 36)
    expect(question(r).positive).toHaveLength(2)
    r.tools.undo()
    expect(r.draft.preview?.marks.positive).toHaveLength(1)
    r.tools.undo()
    expect(r.state.get().proposal).toBeNull()
    expect(r.records()).toEqual([])
  })

  test('a mark taken back before its answer came drops that question', async () => {
    const r = rig().click(20, 30)
    await last(r).answer(block(10, 10, 30, 30))
    r.click(25, 35)
    const second = last(r)
    r.tools.undo()
    expect(second.signal.aborted).toBe(true)
    await second.answer(block(0, 0, 1, 1))
    expect(r.draft.preview?.mask).toEqual(block(10, 10, 30, 30))
  })

  test('Esc drops all of it', async () => {
    const r = rig().click(20, 30)
    const asked = last(r)
    r.key('Escape')
    expect(asked.signal.aborted).toBe(true)
    await asked.answer(block(10, 10, 30, 30))
    expect(r.draft.preview).toBeNull()
    expect(r.state.get().proposal).toBeNull()
  })

  test('a failure is told, the marks stay, and Enter asks again', async () => {
    const r = rig().click(20, 30)
    await last(r).fail('offline')
    expect(r.hints).toEqual(['assists:hint.offline'])
    expect(r.state.get().proposal).toMatchObject({ failure: 'offline', ready: false })
    r.key('Enter')
    expect(r.clicks.asked).toHaveLength(2)
    expect(question(r).positive).toEqual([{ x: 20, y: 30 }])
  })

  test('another model is asked with all marks and without the logits of the first', async () => {
    const r = rig().click(20, 30)
    await last(r).answer(block(10, 10, 30, 30))
    r.state.set({ click: { ...r.state.get().click, model: 'other' } })
    r.tools.adjusted()
    expect(question(r)).toMatchObject({ model: 'other', previous: null, positive: [{ x: 20, y: 30 }] })
  })
})

describe('accepting', () => {
  const proposed = async (state = {}) => {
    const r = rig(state).click(20, 30)
    await last(r).answer(block(10, 10, 30, 30))
    return r
  }

  test('Enter makes a mask of exactly the proposed pixels, and the next click begins the next object', async () => {
    const r = await proposed()
    r.key('Enter')
    expect(r.records()).toMatchObject([{ kind: 'mask', mask: block(10, 10, 30, 30), classIndex: 1 }])
    r.click(60, 60)
    expect(question(r)).toMatchObject({ positive: [{ x: 60, y: 60 }], previous: null })
    r.tools.undo()
    expect(r.records()).toHaveLength(1)
    r.tools.undo()
    expect(r.records()).toEqual([])
  })

  test('as a polygon where that is chosen', async () => {
    const r = await proposed({ proposalKind: 'polygon' })
    r.key('Enter')
    expect(r.rings()).toEqual([[10, 10, 30, 10, 30, 30, 10, 30]])
  })

  test('Shift adds to the selected object, Alt takes from it', async () => {
    const r = await proposed()
    r.key('Enter')
    r.click(40, 20)
    await last(r).answer(block(30, 10, 50, 30))
    r.key('Enter', { shift: true })
    expect(r.records()).toMatchObject([{ mask: block(10, 10, 50, 30) }])
    r.click(40, 20)
    await last(r).answer(block(20, 10, 60, 30))
    r.key('Enter', { alt: true })
    expect(r.records()).toMatchObject([{ mask: block(10, 10, 20, 30) }])
  })

  test('before the answer it waits, before a mark it asks for one', () => {
    const r = rig()
    r.key('Enter')
    r.click(20, 30).key('Enter')
    expect(r.hints).toEqual(['assists:hint.markFirst', 'assists:hint.wait'])
    expect(r.records()).toEqual([])
  })
})

describe('refining the selected object', () => {
  const record = newRecord({ id: 'old', classIndex: 2 }, { kind: 'mask', mask: block(10, 10, 30, 30) })
  const refining = () => {
    const r = new Rig([record], { tool: 'click', selection: new Set(['old']) })
    r.key('r')
    return r
  }

  test('begins with its mask; the marks go with it; Enter gives it the new shape', async () => {
    const r = refining()
    expect(r.draft.preview?.mask).toEqual(block(10, 10, 30, 30))
    expect(r.state.get().proposal).toMatchObject({ replaces: true, ready: false })
    r.click(25, 25, { alt: true })
    expect(question(r)).toMatchObject({ mask: block(10, 10, 30, 30), negative: [{ x: 25, y: 25 }] })
    await last(r).answer(block(10, 10, 20, 20))
    r.key('Enter')
    expect(r.records()).toMatchObject([{ id: 'old', classIndex: 2, mask: block(10, 10, 20, 20) }])
  })

  test('undo to no mark shows the object as it was', async () => {
    const r = refining().click(25, 25)
    await last(r).answer(block(10, 10, 40, 40))
    r.key('Backspace')
    expect(r.draft.preview?.mask).toEqual(block(10, 10, 30, 30))
    r.key('Backspace')
    expect(r.state.get().proposal).toBeNull()
    expect(r.records()).toMatchObject([{ mask: block(10, 10, 30, 30) }])
  })

  test('needs one selected object', () => {
    const r = rig()
    r.key('r')
    expect(r.hints).toEqual(['hint.clickRefine'])
  })
})

describe('while the image is not ready', () => {
  const unready = () => {
    const clicks = new FakeClicks()
    clicks.window = null
    return { r: new Rig([], { tool: 'click' }, 100, false, clicks), clicks }
  }

  test('the bar is told how far it is, and that it is ready', async () => {
    const { r, clicks } = unready()
    const waiting = clicks.prepared[0]!
    expect(waiting.model).toBeNull()
    waiting.wait({ state: 'running', progress: 0.3 })
    expect(r.state.get().clickStatus.waiting).toEqual({ state: 'running', progress: 0.3 })
    await waiting.ready({ x0: 0, y0: 0, x1: 100, y1: 100 })
    expect(r.state.get().clickStatus.waiting).toBeNull()
  })

  test('a click is asked all the same, and waits', () => {
    const { r, clicks } = unready()
    r.click(20, 30)
    expect(clicks.asked[0]!.question.region).toBeNull()
    clicks.asked[0]!.wait({ state: 'queued', progress: 0 })
    expect(r.state.get().clickStatus.waiting).toEqual({ state: 'queued', progress: 0 })
    expect(r.state.get().proposal?.busy).toBe(true)
  })

  test('nothing is glanced at', () => {
    const { r, clicks } = unready()
    r.move(20, 30).move(21, 30)
    expect(clicks.glanced).toEqual([])
  })

  test('why it failed is told, and Enter tries again', async () => {
    const { r, clicks } = unready()
    await clicks.prepared[0]!.fail('model')
    expect(r.state.get().clickStatus.failure).toBe('model')
    r.key('Enter')
    expect(clicks.prepared).toHaveLength(2)
    expect(r.state.get().clickStatus.failure).toBeNull()
  })
})

describe('the glance', () => {
  const glancing = async () => {
    const r = rig()
    await settled()
    r.move(20, 20)
    return r
  }

  test('shows what a click would find, while the pointer stays on it', async () => {
    const r = await glancing()
    await r.clicks.glanced[0]!.answer(block(10, 10, 30, 30))
    expect(r.draft.preview).toMatchObject({ mask: block(10, 10, 30, 30), marks: { positive: [] } })
    r.move(25, 25)
    expect(r.draft.preview?.mask).toEqual(block(10, 10, 30, 30))
    r.move(60, 60)
    expect(r.draft.preview).toBeNull()
    expect(r.records()).toEqual([])
  })

  test('of an earlier place is broken off and never shown', async () => {
    const r = await glancing()
    r.move(21, 21)
    const [first] = r.clicks.glanced
    expect(first!.signal.aborted).toBe(true)
    await first!.answer(block(10, 10, 30, 30))
    expect(r.draft.preview).toBeNull()
  })

  test('is not asked for where it is switched off', async () => {
    const r = rig()
    r.state.set({ click: { ...r.state.get().click, glance: false } })
    await settled()
    r.move(20, 20)
    expect(r.clicks.glanced).toEqual([])
  })

  test('ends with the first mark', async () => {
    const r = await glancing()
    r.click(20, 20)
    expect(r.clicks.glanced.every((one) => one.signal.aborted)).toBe(true)
  })
})

describe('the choice of a model', () => {
  const model = (name: string, usual = false) => ({ name, title: name, usual, problem: '', needed: null })
  const met = async (chosen: string) => {
    const clicks = new FakeClicks()
    clicks.models_ = [model('project-7', true), model('mobile-sam')]
    const click = { ...INITIAL_STATE.click, model: chosen }
    const r = new Rig([], { tool: 'click', click }, 100, false, clicks)
    r.move(20, 30)
    await settled()
    await settled()
    return r.click(20, 30)
  }

  test('is the server’s until a person makes one', async () => {
    const r = await met('')
    expect(question(r).model).toBeNull()
  })

  test('stays with a person as long as the model is there', async () => {
    const r = await met('mobile-sam')
    expect(r.state.get().click.model).toBe('mobile-sam')
    expect(question(r).model).toBe('mobile-sam')
  })

  test('of a model that is gone gives way to the usual one', async () => {
    const r = await met('project-3')
    expect(r.state.get().click.model).toBe('')
    expect(question(r).model).toBeNull()
  })
})
