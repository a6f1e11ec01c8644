/** The review of a model's proposals: thresholds, accepting, rejecting, what is there already, and the pixels. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { type AnnotationRecord, type Geometry, geometryOf, newRecord } from '../../src/core/document'
import { giveWay } from '../../src/core/exclusive'
import { byConfidence, confidenceOf, countAbove, isAbove, type Proposal } from '../../src/core/prelabels'
import { rasterise } from '../../src/core/raster'
import type { Prediction } from '../../src/tools/prelabels/review'
import { maskFromBitmap } from '../../src/core/bitmap'
import { bitmaps } from '../core/arbitraries'
import { maskOf, square } from './objects'
import { Rig } from './rig'

function proposed(record: AnnotationRecord, score: number): Proposal {
  return { record: { ...record, source: 'model', score, model: 'm3' }, score, uncertainty: 1 - score }
}

function prediction(proposals: readonly Proposal[], rejected: readonly string[] = []): Prediction {
  const model = { id: 'm3', number: 3, name: 'nuclei' }
  return { id: 'p1', model, proposals, rejected, score: 0.7, uncertainty: 0.2, overlay: false }
}

const THREE = [
  proposed(square('low', 60, 60), 0.3),
  proposed(square('high', 10, 10), 0.9),
  proposed(square('middle', 30, 30), 0.6),
]

function opened(records: readonly AnnotationRecord[] = [], exclusive = false, proposals = THREE) {
  const rig = new Rig(records, {}, 100, exclusive)
  rig.review.begin(prediction(proposals))
  return rig
}

const ids = (proposals: readonly Proposal[]) => proposals.map(({ record }) => record.id)
const pixels = (geometry: Geometry) => rasterise(geometry, 100, 100).data
const sum = (data: Uint8Array) => data.reduce((total, value) => total + value, 0)

describe('a threshold', () => {
  test('parts the list, which falls by confidence', () => {
    const { review } = opened()
    expect(ids(review.state.get().open)).toEqual(['high', 'middle', 'low'])
    expect(ids(review.above())).toEqual(['high', 'middle'])
    review.setThreshold(0.61)
    expect(ids(review.above())).toEqual(['high'])
    expect(ids(review.below())).toEqual(['middle', 'low'])
    review.setThreshold(0)
    expect(review.state.get().above).toBe(3)
  })

  test('counts as filtering does, whatever the scores', () => {
    const scores = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 40 })
    fc.assert(
      fc.property(scores, fc.double({ min: 0, max: 1, noNaN: true }), (list, threshold) => {
        const sorted = byConfidence(list.map((score, k) => proposed(square(`p${k}`, 0, 0), score)))
        const wanted = sorted.filter(({ score }) => isAbove(score, threshold)).length
        expect(countAbove(sorted, threshold)).toBe(wanted)
      }),
    )
  })

  test('is met by a score that is shown as the same percent', () => {
    expect(isAbove(0.4951, 0.5)).toBe(true)
    expect(isAbove(0.4949, 0.5)).toBe(false)
  })

  test('lets go of a proposal in hand that is no longer shown', () => {
    const { review } = opened()
    review.choose('middle')
    review.setThreshold(0.8)
    expect(review.chosen).toBeNull()
  })

  test('says in three steps how sure the model is', () => {
    expect([0.95, 0.8, 0.79, 0.5, 0.49].map(confidenceOf)).toEqual([
      'high',
      'high',
      'medium',
      'medium',
      'low',
    ])
  })
})

describe('accepting', () => {
  test('all above the threshold is one step, which undo takes back and redo does again', () => {
    const { review, store, history } = opened()
    expect(review.acceptAbove()).toEqual(['high', 'middle'])
    expect([...store.records.keys()]).toEqual(['high', 'middle'])
    expect(ids(review.state.get().open)).toEqual(['low'])
    expect(review.state.get().accepted).toBe(2)
    history.undo()
    expect(store.size).toBe(0)
    expect(ids(review.state.get().open)).toEqual(['high', 'middle', 'low'])
    history.redo()
    expect(ids(review.state.get().open)).toEqual(['low'])
    expect(history.canRedo).toBe(false)
  })

  test('keeps the predicted id, the model and the score, with the attributes of its class', () => {
    const { review, store } = opened()
    review.accept(['high'])
    expect(store.get('high')).toMatchObject({ source: 'model', score: 0.9, model: 'm3', version: null })
  })

  test('goes to the next in the list, so that a key can be pressed again', () => {
    const { review } = opened()
    review.setThreshold(0)
    review.step(1)
    expect(review.chosen).toBe('high')
    review.acceptChosen()
    expect(review.chosen).toBe('middle')
    review.rejectChosen()
    expect(review.chosen).toBe('low')
    review.acceptChosen()
    expect(review.chosen).toBeNull()
    expect(review.state.get().open).toEqual([])
  })

  test('after a change of class is of that class', () => {
    const { review, store } = opened()
    review.setClass('high', 2)
    review.accept(['high'])
    expect(store.get('high')?.classIndex).toBe(2)
  })

  test('of a class that is gone does nothing, and says so', () => {
    const rig = opened([], false, [proposed(square('old', 10, 10, 10, 77), 0.9)])
    expect(rig.review.acceptAbove()).toEqual([])
    expect(rig.hints).toContain('hint.prelabelsClass')
    expect(rig.review.state.get().open).toHaveLength(1)
  })

  test('of many is not hindered by one that lies outside the image, and what leaves it is cut at its border', () => {
    const others = [proposed(square('outside', 200, 200), 0.9), proposed(square('edge', 95, 95), 0.8)]
    const { review, store } = opened([], false, [...THREE, ...others])
    expect(review.acceptAbove()).toEqual(['high', 'edge', 'middle'])
    expect(sum(pixels(store.get('edge')!))).toBe(25)
  })

  test('is refused where the image can only be read', () => {
    const rig = opened()
    rig.state.set({ readOnly: true })
    expect(rig.review.acceptAbove()).toEqual([])
    expect(rig.review.reject(['high'])).toBe(false)
    expect(rig.store.size + rig.rejections.length).toBe(0)
  })

  test('and adjusting takes an outline into the vertex tool, a mask under the brush', () => {
    const masked = proposed(maskOf('mask', 60, 60, 10, 10), 0.7)
    const { review, state } = opened([], false, [...THREE, masked])
    review.adjust('high')
    expect(state.get()).toMatchObject({ tool: 'vertex', selection: new Set(['high']) })
    review.adjust('mask')
    expect(state.get()).toMatchObject({ tool: 'brush', selection: new Set(['mask']) })
  })
})

describe('a person’s objects', () => {
  const mine = square('mine', 12, 12, 20, 2)

  test('stay as they are and on top where objects may overlap', () => {
    const { review, store } = opened([mine])
    review.acceptAbove()
    expect(store.get('mine')).toBe(mine)
    expect(store.ordered().at(-1)?.id).toBe('mine')
  })

  test('keep their pixels in an exclusive project: the proposal gets exactly the rest', () => {
    const { review, store } = opened([mine], true)
    review.accept(['high'])
    expect(store.get('mine')).toBe(mine)
    const [all, taken] = [pixels(THREE[1]!.record), pixels(mine)]
    const rest = all.map((value, k) => value & (1 - taken[k]!))
    expect(sum(rest)).toBe(100 - 64)
    expect(pixels(store.get('high')!)).toEqual(rest)
  })

  test('keep their pixels, too, while a person paints over others', () => {
    const rig = opened([mine])
    rig.state.set({ overlap: 'over' })
    rig.review.acceptAbove()
    expect(rig.store.get('mine')).toBe(mine)
    expect(sum(pixels(rig.store.get('high')!))).toBe(36)
  })

  test('that cover a proposal wholly leave it open, with a word', () => {
    const rig = opened([square('over', 0, 0, 50, 2)], true)
    expect(rig.review.accept(['high'])).toEqual([])
    expect(rig.hints).toContain('hint.prelabelsCovered')
    expect(rig.review.isOpen('high')).toBe(true)
  })

  test('lose no pixel to any set of proposals, and these share none: the surer one has it', () => {
    const masks = fc.record({
      bitmap: bitmaps,
      x: fc.integer({ min: 0, max: 12 }),
      y: fc.integer({ min: 0, max: 12 }),
    })
    fc.assert(
      fc.property(fc.array(masks, { maxLength: 6 }), fc.array(masks, { maxLength: 3 }), (model, person) => {
        const records = (list: typeof model, name: string) =>
          list.flatMap(({ bitmap, x, y }, k) => {
            const mask = maskFromBitmap(bitmap, x, y)
            return mask.width === 0
              ? []
              : newRecord({ id: `${name}${k}`, classIndex: 1 }, { kind: 'mask', mask })
          })
        const around = records(person, 'mine')
        const given = records(model, 'new')
        const left = giveWay(given, { width: 100, height: 100, near: () => around })
        const taken = new Uint8Array(100 * 100)
        for (const record of around) pixels(record).forEach((value, k) => (taken[k]! |= value))
        for (const record of given) {
          const rest = pixels(record).map((value, k) => value & (1 - taken[k]!))
          const kept = left.find(({ id }) => id === record.id)
          if (sum(rest) === 0) expect(kept).toBeUndefined()
          else expect(pixels(kept!)).toEqual(rest)
          rest.forEach((value, k) => (taken[k]! |= value))
        }
      }),
    )
  })
})

describe('what is there already', () => {
  test('is an object of the same class with an IoU above 0.7; it does not count', () => {
    const { review } = opened([square('mine', 11, 10)])
    expect(review.state.get()).toMatchObject({ there: 1, above: 1 })
    expect(review.isOpen('high')).toBe(false)
  })

  test('is not one of another class, nor one that overlaps less', () => {
    const { review } = opened([square('other', 10, 10, 10, 2), square('apart', 34, 30)])
    expect(review.state.get()).toMatchObject({ there: 0, above: 2 })
  })

  test('follows the document: drawn it is there, deleted it is open again', () => {
    const { review, store } = opened()
    store.transact('user', (transaction) => transaction.put(square('mine', 10, 11)))
    expect(review.state.get().there).toBe(1)
    store.transact('user', (transaction) => transaction.remove('mine'))
    expect(review.state.get().there).toBe(0)
  })

  test('follows the class that a person gives to a proposal', () => {
    const { review } = opened([square('mine', 10, 10)])
    expect(review.isOpen('high')).toBe(false)
    review.setClass('high', 2)
    expect(review.isOpen('high')).toBe(true)
  })
})

describe('rejecting', () => {
  test('is told, and undo and redo meet it in turn with what was drawn', () => {
    const rig = opened()
    rig.review.accept(['high'])
    rig.review.reject(['middle'])
    expect(rig.rejections).toEqual([{ ids: ['middle'], rejected: true }])
    expect(rig.review.state.get()).toMatchObject({ rejected: 1, accepted: 1 })
    rig.history.undo()
    expect(rig.rejections.at(-1)).toEqual({ ids: ['middle'], rejected: false })
    expect(rig.store.has('high')).toBe(true)
    rig.history.undo()
    expect(rig.store.has('high')).toBe(false)
    rig.history.redo()
    rig.history.redo()
    expect(rig.rejections.at(-1)).toEqual({ ids: ['middle'], rejected: true })
    expect(ids(rig.review.state.get().open)).toEqual(['low'])
  })

  test('all below the threshold leaves those above', () => {
    const { review } = opened()
    review.rejectBelow()
    expect(ids(review.state.get().open)).toEqual(['high', 'middle'])
  })

  test('of earlier visits holds, and can be taken back for all', () => {
    const rig = new Rig()
    rig.review.begin(prediction(THREE, ['high', 'gone']))
    expect(rig.review.state.get()).toMatchObject({ rejected: 1, above: 1 })
    rig.review.restoreAll()
    expect(rig.review.state.get()).toMatchObject({ rejected: 0, above: 2 })
    expect(rig.rejections).toEqual([{ ids: ['high'], rejected: false }])
  })

  test('makes nothing of a new word of the server but what it says', () => {
    const { review } = opened()
    review.choose('high')
    review.begin(prediction(THREE, ['middle']))
    expect(review.chosen).toBe('high')
    expect(ids(review.state.get().open)).toEqual(['high', 'low'])
  })
})

describe('what is painted', () => {
  test('is told as differences: what came, what went', () => {
    const rig = new Rig()
    const told: { put: string[]; remove: string[] }[] = []
    rig.review.onPaint = ({ put, remove }) =>
      told.push({ put: put.map(({ id }) => id), remove: remove.map(({ id }) => id) })
    rig.review.begin(prediction(THREE))
    rig.review.accept(['high'])
    rig.history.undo()
    rig.review.setThreshold(0.95)
    expect(told).toEqual([
      { put: ['high', 'middle', 'low'], remove: [] },
      { put: [], remove: ['high'] },
      { put: ['high'], remove: [] },
    ])
  })
})

describe('the select tool', () => {
  test('points at what is proposed, chooses it by a click, and Enter and Delete decide', () => {
    const rig = opened()
    rig.review.setThreshold(0)
    rig.move(15, 15)
    expect(rig.review.state.get().hover).toBe('high')
    rig.click(15, 15)
    expect(rig.review.chosen).toBe('high')
    rig.key('Enter')
    expect(rig.store.has('high')).toBe(true)
    expect(rig.review.chosen).toBe('middle')
    rig.key('Delete')
    expect(rig.rejections).toEqual([{ ids: ['middle'], rejected: true }])
    rig.key('Escape')
    expect(rig.review.chosen).toBeNull()
  })

  test('means a person’s object where both lie', () => {
    const rig = opened([square('mine', 12, 12, 20, 2)])
    rig.click(15, 15)
    expect(rig.state.get().selection).toEqual(new Set(['mine']))
    expect(rig.review.chosen).toBeNull()
  })

  test('does not see what is below the threshold, hidden or switched off', () => {
    const rig = opened()
    rig.move(65, 65)
    expect(rig.review.state.get().hover).toBeNull()
    rig.review.setShown(false)
    rig.move(15, 15)
    expect(rig.review.state.get().hover).toBeNull()
    rig.review.setShown(true)
    rig.state.set({ hiddenClasses: new Set([1]) })
    rig.move(15, 16)
    expect(rig.review.state.get().hover).toBeNull()
  })

  test('finds a small proposal on a large one', () => {
    const large = proposed(square('large', 0, 0, 90, 2), 0.9)
    const rig = opened([], false, [large, ...THREE])
    rig.move(15, 15)
    expect(rig.review.state.get().hover).toBe('high')
    rig.move(80, 20)
    expect(rig.review.state.get().hover).toBe('large')
  })

  test('drawing tools are not in its way', () => {
    const rig = opened()
    rig.tools.use('box')
    rig.drag([
      [12, 12],
      [18, 18],
    ])
    expect(rig.store.size).toBe(1)
    expect(rig.review.state.get()).toMatchObject({ hover: null, chosen: null })
  })
})

describe('an accepted object', () => {
  test('is known as changed once its shape or class is another', () => {
    const { review, store } = opened()
    review.accept(['high'])
    const fresh = store.get('high')!
    expect(review.isChangedSince(fresh)).toBe(false)
    expect(review.isChangedSince({ ...fresh, classIndex: 2 })).toBe(true)
    expect(review.isChangedSince({ ...fresh, ...geometryOf(square('x', 11, 10)) })).toBe(true)
    expect(review.isChangedSince({ ...fresh, version: 4, created: 4 })).toBe(false)
    expect(review.isChangedSince({ ...fresh, version: 6, created: 4 })).toBe(true)
    expect(review.isChangedSince(square('mine', 0, 0))).toBe(false)
  })
})
