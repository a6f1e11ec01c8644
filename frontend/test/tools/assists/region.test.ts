/** Which part of the image an assist looks at. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { type Rect } from '@/core/points'
import { createViewport, zoomTo } from '@/core/viewport'
import {
  isCoarse,
  isCut,
  regionAround,
  regionHolding,
  regionOfView,
  regionWithMargin,
  sideAt,
  widened,
} from '@/tools/assist/region'

const IMAGE = { width: 4000, height: 3000 }
const view = (scale: number, image = IMAGE) =>
  zoomTo(
    createViewport({ width: 1000, height: 800, dpr: 1, imageWidth: image.width, imageHeight: image.height }),
    scale,
  )
const mask = ({ x0, y0, x1, y1 }: Rect) => ({
  x: x0,
  y: y0,
  width: x1 - x0,
  height: y1 - y0,
  counts: Uint32Array.of(0, (x1 - x0) * (y1 - y0)),
})

describe('the region of an assist', () => {
  test('is as large as what is on screen, but leaves room to widen and keeps surroundings', () => {
    expect(sideAt(view(2), 2048)).toBe(500)
    expect(sideAt(view(0.25), 2048)).toBe(1024)
    expect(sideAt(view(32), 2048)).toBe(256)
    expect(sideAt(view(0.25), 200)).toBe(200)
  })

  test('around a click lies within the image, in whole pixels, and holds the click', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 3999.9, noNaN: true }),
        fc.double({ min: 0, max: 2999.9, noNaN: true }),
        fc.integer({ min: 1, max: 5000 }),
        (x, y, side) => {
          const { x0, y0, x1, y1 } = regionAround({ x, y }, side, IMAGE)
          expect([x0, y0, x1, y1].every(Number.isInteger)).toBe(true)
          expect([x1 - x0, y1 - y0]).toEqual([Math.min(side, 4000), Math.min(side, 3000)])
          expect(x0 >= 0 && y0 >= 0 && x1 <= 4000 && y1 <= 3000).toBe(true)
          if (side > 1) expect(x >= x0 && x <= x1 && y >= y0 && y <= y1).toBe(true)
        },
      ),
    )
  })

  test('of the window is what of the image is on screen, and its middle where that is too much', () => {
    const small = { width: 100, height: 80 }
    expect(regionOfView(view(1, small), 2048, small)).toEqual({ x0: 0, y0: 0, x1: 100, y1: 80 })
    expect(regionOfView(view(1), 2048, IMAGE)).toEqual({ x0: 1500, y0: 1100, x1: 2500, y1: 1900 })
    expect(regionOfView(view(1), 512, IMAGE)).toEqual({ x0: 1744, y0: 1244, x1: 2256, y1: 1756 })
    const away = { ...view(1), offsetX: 5000 }
    expect(regionOfView(away, 512, IMAGE)).toBeNull()
  })

  test('of marks has a quarter of their longer side around them, cut at the image', () => {
    expect(regionWithMargin({ x0: 100.5, y0: 100, x1: 300.5, y1: 200 }, IMAGE)).toEqual({
      x0: 50,
      y0: 50,
      x1: 351,
      y1: 250,
    })
    expect(regionWithMargin({ x0: 2, y0: 2, x1: 6, y1: 6 }, IMAGE)).toEqual({ x0: 0, y0: 0, x1: 14, y1: 14 })
  })

  test('grows to hold points that lie outside', () => {
    const region = { x0: 10, y0: 10, x1: 20, y1: 20 }
    expect(regionHolding(region, [{ x: 15, y: 15 }])).toEqual(region)
    expect(regionHolding(region, [{ x: 30.5, y: 5.5 }])).toEqual({ x0: 10, y0: 5, x1: 31, y1: 20 })
  })

  test('a proposal that ends at the region’s side is cut, unless the image ends there too', () => {
    const region = { x0: 0, y0: 100, x1: 200, y1: 300 }
    expect(isCut(mask({ x0: 0, y0: 150, x1: 50, y1: 200 }), region, IMAGE)).toBe(false)
    expect(isCut(mask({ x0: 0, y0: 100, x1: 50, y1: 200 }), region, IMAGE)).toBe(true)
    expect(isCut(mask({ x0: 150, y0: 150, x1: 200, y1: 200 }), region, IMAGE)).toBe(true)
    expect(isCut(mask({ x0: 0, y0: 0, x1: 0, y1: 0 }), region, IMAGE)).toBe(false)
  })

  test('is widened to twice its side, up to what the method takes and the image has', () => {
    const region = { x0: 1000, y0: 1000, x1: 1500, y1: 1500 }
    expect(widened(region, 2048, IMAGE)).toEqual({ x0: 750, y0: 750, x1: 1750, y1: 1750 })
    expect(widened(region, 600, IMAGE)).toEqual({ x0: 950, y0: 950, x1: 1550, y1: 1550 })
    expect(widened(region, 500, IMAGE)).toBeNull()
    expect(widened({ x0: 0, y0: 0, x1: 60, y1: 40 }, 2048, { width: 60, height: 40 })).toBeNull()
  })

  test('every widening holds the region before, and there is an end', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3900 }), fc.integer({ min: 1, max: 300 }), (x, side) => {
        let region: Rect = regionAround({ x, y: 20 }, side, IMAGE)
        for (let steps = 0; ; steps++) {
          expect(steps).toBeLessThan(14)
          const next = widened(region, 2048, IMAGE)
          if (!next) break
          expect(next.x0 <= region.x0 && next.y0 <= region.y0).toBe(true)
          expect(next.x1 >= region.x1 && next.y1 >= region.y1).toBe(true)
          region = next
        }
        expect(region.x1 - region.x0).toBe(2048)
      }),
    )
  })

  test('is coarse where the method works on less', () => {
    expect(isCoarse({ x0: 0, y0: 0, x1: 512, y1: 10 }, 512)).toBe(false)
    expect(isCoarse({ x0: 0, y0: 0, x1: 513, y1: 10 }, 512)).toBe(true)
  })
})
