import { describe, expect, test } from 'vitest'

import { bitmapOf } from '../../src/core/bitmap'
import type { AnnotationRecord } from '../../src/core/document'
import { box, maskOf, square } from './objects'
import { Rig } from './rig'

const brush = (records: readonly AnnotationRecord[] = [], state = {}) =>
  new Rig(records, { tool: 'brush', brushSize: 3, brushShape: 'square', ...state })
const eraser = (records: readonly AnnotationRecord[], state = {}) =>
  new Rig(records, { tool: 'eraser', brushSize: 3, brushShape: 'square', ...state })

/** Rows of the mask's crop as text, for eyes. */
function picture(record: AnnotationRecord | undefined): string[] {
  if (record?.kind !== 'mask') throw new Error('not a mask')
  const { width, height, data } = bitmapOf(record.mask)
  return Array.from({ length: height }, (_, j) =>
    Array.from(data.slice(j * width, (j + 1) * width), (value) => (value ? '#' : '.')).join(''),
  )
}

const place = (record: AnnotationRecord | undefined) =>
  record?.kind === 'mask' ? [record.mask.x, record.mask.y] : null

describe('brush', () => {
  test('a click with a square brush of 3 sets 3 x 3 pixels around the one that was clicked', () => {
    const rig = brush().click(20.7, 30.2)
    expect(picture(rig.records()[0])).toEqual(['###', '###', '###'])
    expect(place(rig.records()[0])).toEqual([19, 29])
    expect(rig.records()[0]).toMatchObject({ classIndex: 1, kind: 'mask' })
    expect(rig.selection).toEqual(['new-1'])
  })

  test('a stroke is one object and one undo step, however many events it has', () => {
    const rig = brush().drag([
      [10.5, 10.5],
      [12.5, 10.5],
      [15.5, 10.5],
    ])
    expect(picture(rig.records()[0])).toEqual(['########', '########', '########'])
    rig.key('z', { mod: true })
    expect(rig.records()).toEqual([])
    rig.key('y', { mod: true })
    expect(picture(rig.records()[0])).toHaveLength(3)
  })

  test('the next stroke adds to the selected mask; after Esc it begins a new object', () => {
    const rig = brush().click(10.5, 10.5).click(13.5, 10.5)
    expect(rig.records()).toHaveLength(1)
    expect(picture(rig.records()[0])[0]).toBe('######')
    rig.key('z', { mod: true })
    expect(picture(rig.records()[0])[0]).toBe('###')
    rig.key('Escape')
    rig.click(50.5, 50.5)
    expect(rig.records()).toHaveLength(2)
  })

  test('strokes on tiles kept from an undone stroke do not bring it back', () => {
    const rig = brush().click(10.5, 10.5).click(20.5, 10.5)
    rig.key('z', { mod: true })
    rig.click(13.5, 10.5)
    expect(picture(rig.records()[0])[0]).toBe('######')
  })

  test('Shift draws a straight line from the end of the last stroke', () => {
    const rig = brush([], { brushSize: 1 }).click(10.5, 10.5)
    rig.click(15.5, 10.5, { shift: true })
    expect(picture(rig.records()[0])).toEqual(['######'])
  })

  test('Esc in the middle of a stroke leaves everything as it was', () => {
    const rig = brush([maskOf('m', 10, 10, 5, 5)], { selection: new Set(['m']) })
    rig.press(30.5, 30.5).move(40.5, 30.5)
    expect(rig.draft.mask?.replaces).toBe('m')
    rig.key('Escape')
    rig.release(40.5, 30.5)
    expect(rig.records()).toEqual([maskOf('m', 10, 10, 5, 5)])
    expect(rig.history.canUndo).toBe(false)
  })

  test('a stroke that leaves the image is cut at its border', () => {
    const rig = brush().click(0.5, 99.5)
    expect(picture(rig.records()[0])).toEqual(['##', '##'])
    expect(place(rig.records()[0])).toEqual([0, 98])
  })

  test('[ and ] change the size by at least a pixel, within 1 and 1000', () => {
    const rig = brush([], { brushSize: 2 })
    rig.key(']')
    expect(rig.state.get().brushSize).toBe(3)
    for (let i = 0; i < 5; i++) rig.key('[')
    expect(rig.state.get().brushSize).toBe(1)
    rig.state.set({ brushSize: 1000 })
    rig.key(']')
    expect(rig.state.get().brushSize).toBe(1000)
  })

  test('a round brush of 3 has no corners', () => {
    const rig = brush([], { brushShape: 'round', brushSize: 5 }).click(20.5, 20.5)
    expect(picture(rig.records()[0])).toEqual(['.###.', '#####', '#####', '#####', '.###.'])
  })

  test('with several objects selected it asks for one', () => {
    const rig = brush([square('a', 10, 10), square('b', 40, 40)], { selection: new Set(['a', 'b']) }).click(
      70,
      70,
    )
    expect(rig.hints).toEqual(['hint.brushOne'])
    expect(rig.records()).toHaveLength(2)
  })
})

describe('eraser', () => {
  test('takes pixels from the selected mask only', () => {
    const rig = eraser([maskOf('m', 10, 10, 6, 3), maskOf('n', 10, 20, 6, 3)], { selection: new Set(['m']) })
    rig.drag([
      [11.5, 11.5],
      [11.5, 21.5],
    ])
    expect(picture(rig.store.get('m'))).toEqual(['###', '###', '###'])
    expect(place(rig.store.get('m'))).toEqual([13, 10])
    expect(rig.store.get('n')).toEqual(maskOf('n', 10, 20, 6, 3))
  })

  test('with nothing selected it takes the object under the pointer', () => {
    const rig = eraser([maskOf('m', 10, 10, 6, 3)]).click(11.5, 11.5)
    expect(rig.selection).toEqual(['m'])
    expect(picture(rig.store.get('m'))).toEqual(['###', '###', '###'])
  })

  test('erasing from a polygon makes it a mask of exactly the pixels that were left, and says so', () => {
    const rig = eraser([square('a', 10, 10, 6)]).click(15.5, 15.5)
    expect(rig.hints).toEqual(['hint.becameMask'])
    expect(picture(rig.store.get('a'))).toEqual(['######', '######', '######', '######', '####..', '####..'])
    rig.key('z', { mod: true })
    expect(rig.store.get('a')).toEqual(square('a', 10, 10, 6))
  })

  test('erasing from a box makes it a mask too', () => {
    const rig = eraser([box('x', 10, 10, 14, 12)], { brushSize: 1 }).click(10.5, 10.5)
    expect(picture(rig.store.get('x'))).toEqual(['.###', '####'])
  })

  test('a stroke beside the object changes nothing', () => {
    const rig = eraser([square('a', 10, 10, 6)], { selection: new Set(['a']) }).click(60, 60)
    expect(rig.store.get('a')).toEqual(square('a', 10, 10, 6))
    expect(rig.history.canUndo).toBe(false)
  })

  test('erasing everything deletes the object, and undo brings it back', () => {
    const rig = eraser([maskOf('m', 10, 10, 3, 3)]).click(11.5, 11.5)
    expect(rig.records()).toEqual([])
    expect(rig.hints).toEqual(['hint.erasedAll'])
    rig.key('z', { mod: true })
    expect(rig.store.get('m')).toEqual(maskOf('m', 10, 10, 3, 3))
  })

  test('over nothing it says what to do', () => {
    expect(eraser([]).click(50, 50).hints).toEqual(['hint.eraseNothing'])
  })
})

describe('eraser with Ctrl', () => {
  const sweep = (rig: Rig) =>
    rig.drag(
      [
        [11.5, 11.5],
        [40.5, 11.5],
      ],
      { mod: true },
    )

  test('takes from all objects under it as one step, and leaves others and locked ones alone', () => {
    const rig = eraser(
      [
        maskOf('m', 10, 10, 6, 6),
        square('p', 20, 10, 6),
        maskOf('l', 30, 10, 6, 6),
        maskOf('far', 60, 60, 6, 6),
      ],
      { locked: new Set(['l']), selection: new Set(['far']) },
    )
    const far = rig.store.get('far')
    sweep(rig)
    const pixels = (id: string) => {
      const record = rig.store.get(id)
      return record?.kind === 'mask' ? bitmapOf(record.mask).data.reduce((a, b) => a + b, 0) : null
    }
    expect([pixels('m'), pixels('p'), pixels('l')]).toEqual([36 - 18, 36 - 18, 36])
    expect(rig.store.get('far')).toBe(far)
    rig.key('z', { mod: true })
    expect([pixels('m'), rig.store.get('p')?.kind]).toEqual([36, 'polygon'])
  })

  test('an object that it covers is deleted; Esc in the middle changes nothing', () => {
    const rig = eraser([maskOf('m', 10, 10, 6, 3)])
    rig.press(11.5, 11.5, { mod: true }).move(30, 11.5, { mod: true })
    expect(rig.draft.ring?.erases).toBe(true)
    rig.key('Escape')
    rig.release(30, 11.5)
    expect(rig.records()).toHaveLength(1)
    sweep(rig)
    expect(rig.records()).toEqual([])
  })
})
