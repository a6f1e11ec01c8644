/** Two states side by side: by id, and by what lies over what. Every IoU here can be counted by hand. */
import { describe, expect, test } from 'vitest'

import { agrees, compareObjects, differences } from '@/core/compare'
import { type AnnotationRecord, makeBox, newRecord } from '@/core/document'

const SIZE = { width: 100, height: 80 }

function boxAt(id: string, x0: number, y0: number, x1: number, y1: number, classIndex = 1): AnnotationRecord {
  return newRecord({ id, classIndex }, { kind: 'box', box: makeBox(x0, y0, x1, y1) })
}

describe('differences', () => {
  test('tells added, removed and changed by id, and leaves equal objects out', () => {
    const [same, gone, moved] = [boxAt('a', 0, 0, 5, 5), boxAt('b', 0, 0, 5, 5), boxAt('c', 0, 0, 5, 5)]
    const fresh = boxAt('d', 1, 1, 2, 2)
    const to = { ...boxAt('c', 0, 0, 6, 5), version: 4 }
    const found = differences([same, gone, moved], [{ ...same, version: 9 }, to, fresh])
    expect(found.map(({ id, kind }) => [id, kind])).toEqual([
      ['b', 'removed'],
      ['c', 'changed'],
      ['d', 'added'],
    ])
    expect(found[1]).toMatchObject({ before: moved, after: to })
  })

  test('an attribute or a class is a change', () => {
    const from = boxAt('a', 0, 0, 5, 5)
    expect(differences([from], [{ ...from, attributes: { cut: true } }])).toHaveLength(1)
    expect(differences([from], [{ ...from, classIndex: 2 }])).toHaveLength(1)
  })
})

describe('compareObjects', () => {
  test('pairs by IoU, whatever the ids, and says how much of it they share', () => {
    // 10 x 10 against 10 x 10 moved by 5: 50 of 150 pixels.
    const { matches, meanIou, f1 } = compareObjects(
      [boxAt('a', 0, 0, 10, 10), boxAt('b', 40, 40, 60, 60)],
      [boxAt('x', 40, 40, 60, 60), boxAt('y', 5, 0, 15, 10)],
      SIZE,
    )
    expect(matches.map(({ left, right, iou }) => [left?.id, right?.id, iou])).toEqual([
      ['a', 'y', 50 / 150],
      ['b', 'x', 1],
    ])
    expect(meanIou).toBeCloseTo((1 / 3 + 1) / 2, 12)
    expect(f1).toBe(0.5) // of two pairs one reaches 0.5
  })

  test('lists first what has no match, then other classes, then the worst overlaps', () => {
    const left = [boxAt('lost', 70, 70, 80, 80), boxAt('class', 0, 0, 10, 10), boxAt('good', 20, 20, 40, 40)]
    const right = [boxAt('g', 20, 20, 40, 39), boxAt('c', 0, 0, 10, 10, 2), boxAt('extra', 90, 0, 95, 5)]
    const { matches } = compareObjects(left, right, SIZE)
    expect(matches.map(({ left: l, right: r }) => [l?.id ?? null, r?.id ?? null])).toEqual([
      ['lost', null],
      [null, 'extra'],
      ['class', 'c'],
      ['good', 'g'],
    ])
    expect(matches.map(agrees)).toEqual([false, false, false, true])
    expect(matches[3]?.iou).toBeCloseTo(19 / 20, 12)
  })

  test('shapes that touch by chance are no match', () => {
    const { matches } = compareObjects([boxAt('a', 0, 0, 20, 20)], [boxAt('x', 18, 18, 38, 38)], SIZE)
    expect(matches).toHaveLength(2)
  })

  test('the mean over classes leaves out the background and what nobody drew', () => {
    const left = [boxAt('a', 0, 0, 10, 10), boxAt('b', 20, 0, 30, 10, 2)]
    const right = [boxAt('x', 0, 0, 10, 10), boxAt('y', 20, 0, 30, 5, 2)]
    expect(compareObjects(left, right, SIZE).classIou).toBeCloseTo((1 + 0.5) / 2, 12)
    expect(compareObjects(left, right, { width: 10_000, height: 10_000 }).classIou).toBeNull()
  })

  test('two empty pictures agree, and have no mean', () => {
    const { matches, f1, meanIou } = compareObjects([], [], SIZE)
    expect([matches, f1]).toEqual([[], 1])
    expect(meanIou).toBeNaN()
  })

  test('points and lines match their like only', () => {
    const at = (id: string, x: number) =>
      newRecord({ id, classIndex: 1 }, { kind: 'point', points: Float32Array.of(x, 5) })
    const { matches } = compareObjects([at('a', 5), at('b', 9)], [at('x', 5), at('y', 30)], SIZE)
    expect(matches.map(({ left, right, iou }) => [left?.id ?? null, right?.id ?? null, iou])).toEqual([
      ['b', null, 0],
      [null, 'y', 0],
      ['a', 'x', 1],
    ])
  })
})
