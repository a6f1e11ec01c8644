/** What every tool's change is put under: shapes end at the border, and in exclusive projects cut each other. */
import { describe, expect, test } from 'vitest'

import { bboxOf } from '../../src/core/shapes'
import { rasterise } from '../../src/core/raster'
import type { EditorState } from '../../src/tools/editorState'
import type { AnnotationRecord } from '../../src/core/document'
import { box, maskOf, square } from './objects'
import { Rig } from './rig'

const exclusive = (records: readonly AnnotationRecord[], state: Partial<EditorState> = {}) =>
  new Rig(records, state, 100, true)

const count = (record: AnnotationRecord | undefined) =>
  record ? rasterise(record, 100, 100).data.reduce((sum, value) => sum + value, 0) : 0

describe('in an exclusive project', () => {
  test('a polygon drawn over another object cuts it, in one undoable step', () => {
    const rig = exclusive([square('a', 10, 10, 20)], { tool: 'polygon' })
    rig.click(20, 10).click(40, 10).click(40, 30).click(20, 30).key('Enter')
    const left = Float32Array.of(10, 10, 20, 10, 20, 30, 10, 30)
    expect(rig.store.get('a')).toMatchObject({ kind: 'polygon', polygons: [[left]] })
    expect(rig.store.get('new-1')).toMatchObject({ kind: 'polygon' })
    rig.key('z', { mod: true })
    expect(rig.records()).toEqual([square('a', 10, 10, 20)])
    rig.key('y', { mod: true })
    expect(rig.records().map(count).sort()).toEqual([200, 400])
  })

  test('a brush stroke, a moved object and a dragged vertex cut what they come to lie on', () => {
    const stroke = exclusive([square('a', 10, 10, 20)], { tool: 'brush', brushSize: 4, brushShape: 'square' })
    stroke.click(12, 12)
    expect(count(stroke.store.get('a'))).toBe(400 - 16)

    const move = exclusive([square('a', 10, 10), maskOf('m', 40, 10, 10, 10)], { tool: 'select' })
    move.drag([[15, 15], [30, 15], [40, 15]]) // prettier-ignore
    expect(count(move.store.get('a'))).toBe(100)
    expect(move.store.get('m')).toMatchObject({ mask: { x: 45, y: 10, width: 5, height: 10 } })

    const vertex = exclusive([box('b', 10, 10, 20, 20), maskOf('m', 25, 10, 10, 10)], {
      tool: 'select',
      selection: new Set(['b']),
    })
    vertex.drag([[20, 20], [25, 20], [30, 20]]) // prettier-ignore
    expect(vertex.store.get('m')).toMatchObject({ mask: { x: 30, y: 10, width: 5, height: 10 } })
  })

  test('an object wholly covered is deleted; undo brings it back', () => {
    const rig = exclusive([maskOf('m', 12, 12, 4, 4)], { tool: 'box' })
    rig.drag([[10, 10], [20, 20]]) // prettier-ignore
    expect(rig.records().map(({ id }) => id)).toEqual(['new-1'])
    rig.key('z', { mod: true })
    expect(rig.records()).toEqual([maskOf('m', 12, 12, 4, 4)])
  })

  test('a locked object cuts the new one; where nothing would be left the drawing goes on, with a hint', () => {
    const rig = exclusive([square('a', 10, 10, 20)], { tool: 'box', locked: new Set(['a']) })
    rig.drag([[20, 10], [40, 30]]) // prettier-ignore
    expect(rig.store.get('a')).toEqual(square('a', 10, 10, 20))
    const left = Float32Array.of(30, 10, 40, 10, 40, 30, 30, 30)
    expect(rig.store.get('new-1')).toMatchObject({ kind: 'polygon', polygons: [[left]] })

    const buried = exclusive([square('a', 10, 10, 20)], { tool: 'polygon', locked: new Set(['a']) })
    buried.click(12, 12).click(20, 12).click(20, 20).key('Enter')
    expect(buried.records()).toEqual([square('a', 10, 10, 20)])
    expect(buried.hints).toContain('hint.nothingLeft')
    expect(buried.history.canUndo).toBe(false)
    expect(buried.draft.path?.points).toHaveLength(6)
  })

  test('changing a class or the order cuts nothing', () => {
    const overlapping = [square('a', 10, 10, 20), square('b', 20, 10, 20)]
    const rig = exclusive(overlapping, { tool: 'select', selection: new Set(['a']) })
    rig.key('2')
    expect(rig.store.get('a')).toMatchObject({ kind: 'polygon', classIndex: 2 })
    expect(rig.store.get('b')).toEqual(overlapping[1])
  })
})

test('in other projects objects may overlap', () => {
  const rig = new Rig([square('a', 10, 10, 20)], { tool: 'box' })
  rig.drag([[20, 10], [40, 30]]) // prettier-ignore
  expect(rig.store.get('a')).toEqual(square('a', 10, 10, 20))
})

describe('shapes that leave the image', () => {
  const put = (rig: Rig, record: AnnotationRecord) =>
    rig.store.transact('user', (transaction) => transaction.put(record))

  test('are cut at its border before anybody sees them', () => {
    const rig = new Rig()
    put(rig, square('p', 95, 40))
    put(rig, box('b', -5, -5, 5, 5))
    put(rig, maskOf('m', 90, 90, 20, 20))
    expect(rig.store.get('p')).toMatchObject({ kind: 'polygon' })
    expect(bboxOf(rig.store.get('p')!)).toEqual({ x0: 95, y0: 40, x1: 100, y1: 50 })
    expect(rig.store.get('b')).toMatchObject({ box: [0, 0, 5, 5] })
    expect(rig.store.get('m')).toMatchObject({ mask: { x: 90, y: 90, width: 10, height: 10 } })
  })

  test('are refused when nothing of them lies inside', () => {
    const rig = new Rig()
    put(rig, square('p', 200, 40))
    expect(rig.records()).toEqual([])
    expect(rig.hints).toEqual(['hint.outside'])
  })
})
