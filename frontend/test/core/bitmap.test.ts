/** Small bitmaps and cropped masks. */
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { bitmapOf, columnsOf, cutBitmap, maskFromBitmap } from '../../src/core/bitmap'
import { encode } from '../../src/core/rle'
import { bitmaps } from './arbitraries'

test('the runs of some columns are those of the bitmap cut to them', () => {
  fc.assert(
    fc.property(bitmaps, fc.nat(), fc.nat(), (bitmap, a, b) => {
      const mask = maskFromBitmap(bitmap)
      fc.pre(mask.width > 0)
      const from = a % mask.width
      const to = from + 1 + (b % (mask.width - from))
      const part = cutBitmap(bitmapOf(mask), from, 0, to - from, mask.height)
      expect(columnsOf(mask, from, to)).toEqual(encode(part))
    }),
    { numRuns: 500 },
  )
})
