/** Following borders: clicks along a neighbour give an outline without gap and without overlap. */
import { describe, expect, test } from 'vitest'

import { type AnnotationRecord, geometryOf, newRecord } from '@/core/document'
import { toMask } from '@/core/editing'
import { intersectMasks, joinMasks } from '@/core/maskAlgebra'
import * as rle from '@/core/rle'

import { maskOf, square } from './objects'
import { Rig } from './rig'

const maskFor = (record: AnnotationRecord) => toMask(geometryOf(record), 100, 100)
const skew = newRecord(
  { id: 'n', classIndex: 2 },
  {
    kind: 'polygon',
    polygons: [[Float32Array.of(20.3, 10.7, 61.2, 17.9, 71.4, 55.5, 40.1, 66.6, 12.8, 44.4)]],
  },
)

function drawn(rig: Rig): AnnotationRecord {
  const record = rig.records().find(({ id }) => id.startsWith('new'))
  if (!record) throw new Error('nothing was drawn')
  return record
}

describe('the border tool', () => {
  test('two clicks on a neighbour follow its border, vertex by vertex', () => {
    const rig = new Rig([skew], { tool: 'border' })
    rig.click(61, 18).click(40, 66.4) // from vertex 1 by vertex 2 to vertex 3
    expect(rig.draft.path?.points).toEqual([61.2, 17.9, 71.4, 55.5, 40.1, 66.6].map(Math.fround))
    rig.click(95, 90).click(95, 10)
    rig.key('Enter')
    const [mine, theirs] = [maskFor(drawn(rig)), maskFor(skew)]
    expect(intersectMasks(mine, theirs).width).toBe(0)
    // Every pixel between the two belongs to one: closing the same outline over the neighbour gives their union.
    const over = Float32Array.of(61.2, 17.9, 20.3, 10.7, 12.8, 44.4, 40.1, 66.6, 95, 90, 95, 10)
    expect(toMask({ kind: 'polygon', polygons: [[over]] }, 100, 100)).toEqual(joinMasks(mine, theirs))
  })

  test('the pointer between two vertices snaps onto the edge, and Alt takes the other way round', () => {
    const rig = new Rig([skew], { tool: 'border' })
    rig.move(40, 15)
    expect(rig.draft.path?.points).toHaveLength(2)
    rig.click(40, 15).move(16, 28, { alt: true })
    expect(rig.draft.path?.live).toHaveLength(2 * 6)
    rig.move(16, 28)
    expect(rig.draft.path?.live).toHaveLength(2 * 3)
    rig.key('o')
    expect(rig.draft.path?.live).toHaveLength(2 * 6)
  })

  test('a click on the first point walks home along the border', () => {
    const rig = new Rig([square('n', 20, 20, 40)], { tool: 'border' })
    rig.click(30, 20).click(30, 5).click(70, 5).click(70, 50).click(60, 50)
    rig.click(30, 20)
    expect(rig.records().map((record) => rle.area(maskFor(record).counts))).toEqual([1600, 15 * 40 + 30 * 10])
    expect(intersectMasks(maskFor(drawn(rig)), maskFor(square('n', 20, 20, 40))).width).toBe(0)
  })

  test('the border of a mask is followed along its pixels', () => {
    const rig = new Rig([maskOf('m', 20, 20, 30, 30)], { tool: 'border' })
    rig.click(20, 25).click(25, 50).click(10, 60)
    rig.key('Enter')
    const record = drawn(rig)
    expect(record.kind === 'polygon' && Array.from(record.polygons[0]![0]!)).toEqual([
      20, 25, 20, 50, 25, 50, 10, 60,
    ])
  })

  test('the image’s border is one, too', () => {
    const rig = new Rig([], { tool: 'border' })
    rig.click(99.5, 50).click(50, 99.4).click(60, 60)
    rig.key('Enter')
    const record = drawn(rig)
    expect(record.kind === 'polygon' && Array.from(record.polygons[0]![0]!)).toEqual([
      100, 50, 100, 100, 50, 100, 60, 60,
    ])
  })

  test('Backspace takes a whole way back', () => {
    const rig = new Rig([skew], { tool: 'border' })
    rig.click(61, 18).click(40, 66.4)
    rig.key('Backspace')
    expect(rig.draft.path?.points).toEqual([61.2, 17.9].map(Math.fround))
    rig.click(40, 66.4)
    expect(rig.draft.path?.points).toHaveLength(6)
  })

  test('the polygon tool does it where the switch is on, and not otherwise', () => {
    const off = new Rig([skew], { tool: 'polygon' }).click(61, 18)
    expect(off.draft.path?.points).toEqual([61, 18])
    const on = new Rig([skew], { tool: 'polygon', followsBorders: true }).click(61, 18)
    expect(on.draft.path?.points).toEqual([61.2, 17.9].map(Math.fround))
  })

  test('hidden neighbours have no border', () => {
    const rig = new Rig([skew], { tool: 'border', hidden: new Set(['n']) }).click(61, 18)
    expect(rig.draft.path?.points).toEqual([61, 18])
  })
})
