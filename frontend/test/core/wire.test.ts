import { decode, encode } from '@msgpack/msgpack'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { maskFromBitmap } from '@/core/bitmap'
import { newRecord, NOT_YET_SAVED, type AnnotationRecord } from '@/core/document'
import { InvalidInput } from '@/core/errors'
import { rasterise } from '@/core/raster'
import { sameContent } from '@/core/rebase'
import { countsToString, encode as encodeRuns } from '@/core/rle'
import { documentFromWire, recordFromWire, recordToWire, type WireAnnotation } from '@/core/wire'

import { bitmaps, polygons } from './arbitraries'

const common = { id: 'a', class: 3, z: 2, attributes: { occluded: true }, is_crowd: false }

function bytes(...values: number[]): Uint8Array {
  const buffer = new DataView(new ArrayBuffer(4 * values.length))
  values.forEach((value, k) => buffer.setFloat32(4 * k, value, true))
  return new Uint8Array(buffer.buffer)
}

describe('reading', () => {
  test('an object with everything the server tells', () => {
    const record = recordFromWire({
      ...common,
      kind: 'polygon',
      polygons: [[[0, 0, 4, 0, 4.5, 4]]],
      source: 'model',
      score: 0.75,
      created: 5,
      version: 17,
    })
    expect(record).toEqual({
      id: 'a',
      classIndex: 3,
      z: 2,
      attributes: { occluded: true },
      isCrowd: false,
      source: 'model',
      score: 0.75,
      created: 5,
      version: 17,
      kind: 'polygon',
      polygons: [[Float32Array.of(0, 0, 4, 0, 4.5, 4)]],
    })
  })

  test('a document from MessagePack, its rings as little-endian float32 at any offset', () => {
    const message = encode({
      id: 'd',
      image: 'i',
      project: 'p',
      role: 'primary',
      revision: 4,
      head: 6,
      width: 30,
      height: 20,
      annotations: [
        { ...common, kind: 'polygon', polygons: [[bytes(0.1, 0, 4, 0, 4, 4)]] },
        { ...common, id: 'b', kind: 'point', points: bytes(7, 8) },
      ],
    })
    const state = documentFromWire(decode(message) as Parameters<typeof documentFromWire>[0])
    expect(state).toMatchObject({ id: 'd', imageId: 'i', projectId: 'p', revision: 4, head: 6, width: 30 })
    expect(
      state.records.map((r) => (r.kind === 'polygon' ? r.polygons : r.kind === 'point' ? r.points : null)),
    ).toEqual([[[Float32Array.of(0.1, 0, 4, 0, 4, 4)]], Float32Array.of(7, 8)])
  })

  test('a mask over the whole image is cropped', () => {
    fc.assert(
      fc.property(bitmaps, (bitmap) => {
        const counts = countsToString(encodeRuns(bitmap))
        const size = [bitmap.height, bitmap.width]
        const record = recordFromWire({ ...common, kind: 'mask', rle: { size, counts } })
        expect(record.kind === 'mask' && record.mask).toEqual(maskFromBitmap(bitmap))
      }),
    )
  })

  test('a huge image costs only the runs of the mask', () => {
    const size = [30000, 30000]
    const record = recordFromWire({ ...common, kind: 'mask', rle: { size, counts: '03]Ym0000`[RWjj0' } })
    expect(record.kind === 'mask' && record.mask).toMatchObject({ x: 0, y: 0, width: 3, height: 3 })
    expect(recordToWire(record, 30000, 30000).rle).toEqual({ size, counts: '03]Ym0000`[RWjj0' })
  })

  test.each<[string, WireAnnotation]>([
    ['an unknown kind', { ...common, kind: 'circle' }],
    ['a kind without its geometry', { ...common, kind: 'polygon' }],
    ['a box of three numbers', { ...common, kind: 'box', box: [1, 2, 3] }],
    ['runs that do not fill the image', { ...common, kind: 'mask', rle: { size: [4, 4], counts: '1' } }],
    ['half a point', { ...common, kind: 'point', points: new Uint8Array(4) }],
  ])('%s is refused', (_, wire) => {
    expect(() => recordFromWire(wire)).toThrow(InvalidInput)
  })
})

describe('writing', () => {
  const records: AnnotationRecord[] = [
    newRecord(common1(), { kind: 'box', box: [Math.fround(0.1), 2, 3, 4] }),
    newRecord(common1(), { kind: 'polyline', points: Float32Array.of(0.1, 0.2, 3, 4) }),
    newRecord(common1(), {
      kind: 'mask',
      mask: maskFromBitmap({ width: 1, height: 1, data: Uint8Array.of(1) }, 5, 6),
    }),
  ]

  function common1() {
    return { id: 'a', classIndex: 3, z: 2, attributes: { occluded: true } }
  }

  test.each(records)('$kind survives JSON', (record) => {
    const wire = JSON.parse(JSON.stringify(recordToWire(record, 20, 10))) as WireAnnotation
    expect(recordFromWire(wire)).toEqual(record)
  })

  test('polygons survive JSON, every float32 bit', () => {
    fc.assert(
      fc.property(fc.array(polygons, { minLength: 1, maxLength: 3 }), (list) => {
        const record = newRecord(common1(), {
          kind: 'polygon',
          polygons: list.map((p) => p.map((r) => r.map((v) => v + 0))),
        })
        const wire = JSON.parse(JSON.stringify(recordToWire(record, 20, 10))) as WireAnnotation
        expect(sameContent(recordFromWire(wire), record)).toBe(true)
      }),
    )
  })

  test('a new object has no version and lies above the saved ones', () => {
    const wire = recordToWire(records[0]!, 20, 10)
    expect(Object.keys(wire).sort()).toEqual(['attributes', 'box', 'class', 'id', 'is_crowd', 'kind', 'z'])
    expect(recordFromWire(wire)).toMatchObject({ version: null, created: NOT_YET_SAVED, source: 'person' })
  })

  test('a mask over the border is written as its part inside', () => {
    const mask = { ...maskFromBitmap({ width: 2, height: 1, data: Uint8Array.of(1, 1) }), x: 9, y: 0 }
    const wire = recordToWire(newRecord(common1(), { kind: 'mask', mask }), 10, 2)
    const back = recordFromWire(wire)
    expect([...rasterise(back, 2, 10).data].indexOf(1)).toBe(9)
  })
})
