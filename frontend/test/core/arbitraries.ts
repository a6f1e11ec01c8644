/** Random values shared by the core's property tests. */
import fc from 'fast-check'

import type { Bitmap } from '@/core/bitmap'
import type { Polygon, Ring } from '@/core/document'

/** Bitmaps up to 12 x 12 with every density, so that specks, rings and diagonal touches are common. */
export const bitmaps: fc.Arbitrary<Bitmap> = fc
  .record({ width: fc.integer({ min: 1, max: 12 }), height: fc.integer({ min: 1, max: 12 }) })
  .chain(({ width, height }) =>
    fc
      .array(fc.integer({ min: 0, max: 1 }), { minLength: width * height, maxLength: width * height })
      .map((pixels) => ({ width, height, data: Uint8Array.from(pixels) })),
  )

const coordinate = fc.oneof(
  fc.integer({ min: -6, max: 40 }).map((k) => k / 2),
  fc.double({ min: -5, max: 20, noNaN: true }).map(Math.fround),
)

export const rings: fc.Arbitrary<Ring> = fc
  .array(fc.tuple(coordinate, coordinate), { minLength: 3, maxLength: 9 })
  .map((points) => Float32Array.from(points.flat()))

export const polygons: fc.Arbitrary<Polygon> = fc.array(rings, { minLength: 1, maxLength: 3 })

/** A bitmap drawn with `#` and `.`, one string a row. */
export function drawn(...rows: string[]): Bitmap {
  const width = rows[0]!.length
  return { width, height: rows.length, data: Uint8Array.from(rows.join(''), (c) => (c === '#' ? 1 : 0)) }
}

export function shown({ width, height, data }: Bitmap): string[] {
  return Array.from({ length: height }, (_, j) =>
    Array.from(data.subarray(j * width, (j + 1) * width), (v) => (v === 1 ? '#' : '.')).join(''),
  )
}
