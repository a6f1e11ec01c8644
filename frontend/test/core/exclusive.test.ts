/** No two objects share a pixel: checked pixel by pixel against what painting would do. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { maskFromBitmap } from '../../src/core/bitmap'
import { compareOrder, newRecord, type AnnotationRecord } from '../../src/core/document'
import { cutOverlaps } from '../../src/core/exclusive'
import { rasterise } from '../../src/core/raster'
import { box, maskOf, square } from '../tools/objects'
import { bitmaps, rings } from './arbitraries'

const SIZE = 24

const geometries = fc.oneof(
  fc.array(rings, { minLength: 1, maxLength: 2 }).map((outers) => ({
    kind: 'polygon' as const,
    polygons: outers.map((ring) => [ring]),
  })),
  fc
    .record({ bitmap: bitmaps, x: fc.integer({ min: 0, max: 12 }), y: fc.integer({ min: 0, max: 12 }) })
    .map(({ bitmap, x, y }) => ({ kind: 'mask' as const, mask: maskFromBitmap(bitmap, x, y) }))
    .filter(({ mask }) => mask.width > 0),
)

const scenes = fc.array(
  fc.record({
    geometry: geometries,
    role: fc.constantFrom('changed' as const, 'other' as const, 'locked' as const),
  }),
  { minLength: 1, maxLength: 7 },
)

const pixelsOf = (record: AnnotationRecord) => rasterise(record, SIZE, SIZE).data
const shared = (a: Uint8Array, b: Uint8Array) => a.some((value, i) => value === 1 && b[i] === 1)

function run(
  changed: readonly AnnotationRecord[],
  others: readonly AnnotationRecord[],
  locked: readonly string[] = [],
) {
  return cutOverlaps(changed, {
    width: SIZE,
    height: SIZE,
    near: () => others,
    isLocked: (id) => locked.includes(id),
  })
}

/** Each pixel's owner, made disjoint from the start: the first to come keeps it. */
function disjoint(records: readonly AnnotationRecord[]): AnnotationRecord[] {
  const taken = new Uint8Array(SIZE * SIZE)
  return records.flatMap((record) => {
    const data = pixelsOf(record).map((value, i) => (value === 1 && taken[i] === 0 ? 1 : 0))
    data.forEach((value, i) => (taken[i] = taken[i]! | value))
    const mask = maskFromBitmap({ width: SIZE, height: SIZE, data })
    return mask.width > 0 ? [newRecord({ id: record.id, classIndex: 1 }, { kind: 'mask', mask })] : []
  })
}

describe('cutOverlaps', () => {
  test('afterwards no two objects share a pixel, none is lost from the union, and locked ones are untouched', () => {
    fc.assert(
      fc.property(scenes, (scene) => {
        const all = scene.map(({ geometry, role }, k) => ({
          role,
          record: newRecord({ id: `${role}-${k}`, classIndex: 1 }, geometry),
        }))
        const changed = all.filter(({ role }) => role === 'changed').map(({ record }) => record)
        const around = disjoint(all.filter(({ role }) => role !== 'changed').map(({ record }) => record))
        const locked = around.map(({ id }) => id).filter((id) => id.startsWith('locked'))
        const cuts = run(changed, around, locked)
        if (cuts === null) {
          const barrier = around.filter(({ id }) => locked.includes(id)).map(pixelsOf)
          const buried = changed.some((record) =>
            pixelsOf(record).every((value, i) => value === 0 || barrier.some((data) => data[i] === 1)),
          )
          expect(buried, 'refused only where a changed object lies wholly under locked ones').toBe(true)
          return
        }
        const before = [...changed, ...around]
        const after = before.flatMap((record) => {
          const cut = cuts.get(record.id)
          return cut === null ? [] : [cut ?? record]
        })
        const images = after.map(pixelsOf)
        images.forEach((a, i) => images.slice(i + 1).forEach((b) => expect(shared(a, b)).toBe(false)))
        const union = (records: readonly Uint8Array[]) =>
          Array.from({ length: SIZE * SIZE }, (_, i) => records.some((data) => data[i] === 1))
        expect(union(images)).toEqual(union(before.map(pixelsOf)))
        for (const id of locked) expect(cuts.has(id)).toBe(false)
        const top = [...changed].sort(compareOrder).at(-1)
        if (top && locked.length === 0)
          expect(cuts.has(top.id), 'what lies on top keeps its form').toBe(false)
      }),
      { numRuns: 400 },
    )
  })

  test('objects that only touch, lines and points stay as they are', () => {
    const line = newRecord(
      { id: 'l', classIndex: 1 },
      { kind: 'polyline', points: Float32Array.of(0, 0, 20, 20) },
    )
    expect(run([square('a', 0, 0)], [square('b', 10, 0), line])).toEqual(new Map())
    expect(run([line], [square('b', 10, 0)])).toEqual(new Map())
  })

  test('an outline that is cut keeps its vertices and its other fields; cut by a mask it becomes one', () => {
    const under = square('under', 0, 0, 10, 7)
    expect(run([box('new', 5, 0, 15, 10)], [under])?.get('under')).toEqual({
      ...under,
      polygons: [[Float32Array.of(0, 0, 5, 0, 5, 10, 0, 10)]],
    })
    expect(run([maskOf('new', 5, 0, 10, 10)], [under])?.get('under')).toMatchObject({
      id: 'under',
      classIndex: 7,
      kind: 'mask',
      mask: { x: 0, y: 0, width: 5, height: 10 },
    })
  })

  test('an object wholly covered goes; under a locked object the new one gives way, or cannot be', () => {
    expect(run([square('new', 0, 0, 12)], [maskOf('m', 3, 3, 4, 4)])?.get('m')).toBeNull()
    const half = run([square('new', 0, 0, 10)], [maskOf('m', 5, 0, 10, 10)], ['m'])
    expect([...(half ?? [])].map(([id, record]) => [id, record?.kind])).toEqual([['new', 'mask']])
    expect(run([square('new', 6, 1, 4)], [maskOf('m', 5, 0, 10, 10)], ['m'])).toBeNull()
  })
})
