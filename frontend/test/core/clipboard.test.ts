/** Objects on the clipboard come back as they were, in another project by their classes' names, or not at all. */
import { describe, expect, test } from 'vitest'

import {
  adoptClipping,
  boundsOf,
  type Clipping,
  movedBy,
  onTop,
  readClipping,
  writeClipping,
} from '../../src/core/clipboard'
import { geometryOf, newRecord, VOID } from '../../src/core/document'
import { box, maskOf, square } from '../tools/objects'

const line = newRecord(
  { id: 'l', classIndex: 2 },
  { kind: 'polyline', points: Float32Array.of(1, 2, 3.5, 4) },
)
const point = newRecord({ id: 'p', classIndex: VOID }, { kind: 'point', points: Float32Array.of(7, 8) })
const clipping: Clipping = {
  project: 'one',
  image: 'first',
  width: 60,
  height: 50,
  classes: [
    { index: 1, name: 'Cell' },
    { index: 2, name: 'debris' },
    { index: 3, name: 'unused' },
  ],
  records: [square('a', 5, 6), box('b', 1, 2, 30, 40), maskOf('m', 10, 12, 8, 6), line, point],
}
const target = (project: string, names: Record<number, string>) => {
  let made = 0
  const classes = Object.entries(names).map(([index, name]) => ({ index: Number(index), name }))
  return { project, classes, newId: () => `new-${String(++made)}` }
}

describe('writing and reading', () => {
  test('every kind of object comes back with exactly its geometry', () => {
    const back = readClipping(writeClipping(clipping))!
    expect(back.records.map(geometryOf)).toEqual(clipping.records.map(geometryOf))
    expect(back.records.map((record) => record.classIndex)).toEqual([1, 1, 1, 2, VOID])
    expect(back.classes.map((item) => item.name)).toEqual(['Cell', 'debris'])
  })

  test.each(['', 'hello', '{"a": 1}', '[1, 2]', 'null', '{"type": "other"}'])('%j is not ours', (text) => {
    expect(readClipping(text)).toBeNull()
  })

  const broken = (change: (value: Record<string, unknown>, objects: Record<string, unknown>[]) => void) => {
    const value = JSON.parse(writeClipping(clipping)) as Record<string, unknown>
    change(value, value.objects as Record<string, unknown>[])
    return () => readClipping(JSON.stringify(value))
  }

  test('what is ours and damaged is refused with what is wrong', () => {
    expect(broken((value) => (value.version = 2))).toThrow(/version: got 2; allowed is 1/)
    expect(broken((value) => (value.width = 0))).toThrow(/width/)
    expect(broken((_, objects) => (objects[0]!.polygons = [[[1, 2, 3, 4]]]))).toThrow(/object 0, polygon/)
    expect(broken((_, objects) => (objects[0]!.polygons = [[[1, 2, 3, 4, 'x', 6]]]))).toThrow(/object 0/)
    expect(broken((_, objects) => (objects[1]!.box = [1, 2, 3]))).toThrow(/object 1, box/)
    expect(broken((_, objects) => (objects[2]!.rle = { size: [50, 60] }))).toThrow(/object 2, mask/)
    expect(broken((_, objects) => (objects[2]!.rle = { size: [5, 6], counts: '12' }))).toThrow()
    expect(broken((_, objects) => (objects[3]!.class = 9))).toThrow(/object 3, class: got 9/)
    expect(broken((_, objects) => (objects[4]!.kind = 'circle'))).toThrow(/circle/)
    expect(broken((value) => (value.objects = 'none'))).toThrow(/lists/)
  })
})

describe('in another place', () => {
  test('the same project keeps class indices, under new ids and as a person’s own objects', () => {
    const { records, missing } = adoptClipping(clipping, target('one', { 1: 'renamed', 2: 'debris' }))
    expect(missing).toEqual([])
    expect(records.map((record) => [record.id, record.classIndex, record.version])).toEqual([
      ['new-1', 1, null],
      ['new-2', 1, null],
      ['new-3', 1, null],
      ['new-4', 2, null],
      ['new-5', VOID, null],
    ])
  })

  test('another project is matched by the names of classes, whatever their case', () => {
    const { records } = adoptClipping(clipping, target('two', { 7: 'DEBRIS', 9: ' cell ' }))
    expect(records.map((record) => record.classIndex)).toEqual([9, 9, 9, 7, VOID])
  })

  test('classes that it lacks are named and nothing is adopted', () => {
    const adopted = adoptClipping(clipping, target('two', { 1: 'debris' }))
    expect(adopted).toEqual({ records: [], missing: ['Cell'] })
  })

  test('a move is by whole pixels', () => {
    const [moved] = movedBy([maskOf('m', 10, 12, 8, 6)], 3.4, -2.6)
    expect(moved).toMatchObject({ mask: { x: 13, y: 9 } })
    expect(boundsOf(movedBy(clipping.records, 2, 3))).toEqual({ x0: 3, y0: 5, x1: 32, y1: 43 })
  })

  test('pasted objects lie above all others and keep the order among themselves', () => {
    const two = [
      { ...square('a', 0, 0), z: -1 },
      { ...square('b', 0, 0), z: 2 },
    ]
    expect(onTop(two, 5).map((record) => record.z)).toEqual([5, 8])
    expect(onTop(two, -3).map((record) => record.z)).toEqual([-1, 2])
  })
})
