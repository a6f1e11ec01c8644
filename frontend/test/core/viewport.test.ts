import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { imagePoint, screenPoint } from '@/core/points'
import {
  createViewport,
  fitBetweenBars,
  fitRect,
  imageToScreen,
  MAX_SCALE,
  minScale,
  pan,
  resize,
  screenToImage,
  visibleRect,
  zoomAbout,
} from '@/core/viewport'

const view = createViewport({ width: 848, height: 648, dpr: 2, imageWidth: 4000, imageHeight: 3000 })
const numbers = (min: number, max: number) => fc.double({ min, max, noNaN: true })

describe('viewport', () => {
  test('the whole image fits with a margin of 24', () => {
    expect(view.scale).toBe(0.2)
    expect(imageToScreen(view, imagePoint(0, 0))).toEqual(screenPoint(24, 24))
    expect(imageToScreen(view, imagePoint(4000, 3000))).toEqual(screenPoint(824, 624))
  })

  test('between the bars the image leaves 64 above, 48 below and 24 at the sides', () => {
    const sizes = { width: 848, height: 712, dpr: 2 }
    const wide = fitBetweenBars(createViewport({ ...sizes, imageWidth: 4000, imageHeight: 3000 }))
    expect(wide.scale).toBe(0.2)
    expect(imageToScreen(wide, imagePoint(0, 0))).toEqual(screenPoint(24, 64))
    expect(imageToScreen(wide, imagePoint(4000, 3000))).toEqual(screenPoint(824, 664))
    const tall = fitBetweenBars(createViewport({ ...sizes, imageWidth: 300, imageHeight: 600 }))
    expect(imageToScreen(tall, imagePoint(150, 0))).toEqual(screenPoint(424, 64))
    expect(imageToScreen(tall, imagePoint(150, 600))).toEqual(screenPoint(424, 664))
  })

  test('in a low canvas the image needs the room of the bars too', () => {
    const low = fitBetweenBars(
      createViewport({ width: 848, height: 348, dpr: 1, imageWidth: 300, imageHeight: 300 }),
    )
    expect(imageToScreen(low, imagePoint(150, 0))).toEqual(screenPoint(424, 24))
    expect(imageToScreen(low, imagePoint(150, 300))).toEqual(screenPoint(424, 324))
  })

  test('zooming keeps the image point under the pointer', () => {
    fc.assert(
      fc.property(numbers(24, 824), numbers(24, 624), numbers(1, 100), (x, y, factor) => {
        const about = screenPoint(x, y)
        const before = screenToImage(view, about)
        const after = screenToImage(zoomAbout(view, about, factor), about)
        expect(after.x).toBeCloseTo(before.x, 6)
        expect(after.y).toBeCloseTo(before.y, 6)
      }),
    )
  })

  test('screen to image and back is the identity', () => {
    fc.assert(
      fc.property(numbers(0, 848), numbers(0, 648), numbers(0.1, 60), (x, y, factor) => {
        const zoomed = zoomAbout(view, screenPoint(300, 200), factor)
        const back = imageToScreen(zoomed, screenToImage(zoomed, screenPoint(x, y)))
        expect(back.x).toBeCloseTo(x, 6)
        expect(back.y).toBeCloseTo(y, 6)
      }),
    )
  })

  test('however far it is panned and zoomed, some of the image stays on screen', () => {
    const step = fc.tuple(numbers(-1e5, 1e5), numbers(-1e5, 1e5), numbers(0.001, 1000))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 5 }), (steps) => {
        let now = view
        for (const [dx, dy, factor] of steps) now = zoomAbout(pan(now, dx, dy), screenPoint(dx, dy), factor)
        expect(now.scale).toBeGreaterThanOrEqual(minScale(now))
        expect(now.scale).toBeLessThanOrEqual(MAX_SCALE)
        const { x0, y0, x1, y1 } = visibleRect(now)
        expect((Math.min(x1, 4000) - Math.max(x0, 0)) * now.scale).toBeGreaterThan(47)
        expect((Math.min(y1, 3000) - Math.max(y0, 0)) * now.scale).toBeGreaterThan(47)
      }),
    )
  })

  test('an object is centred and fills the canvas up to the margin', () => {
    const near = fitRect(view, { x0: 1000, y0: 1000, x1: 1100, y1: 1050 })
    expect(near.scale).toBe(8)
    expect(imageToScreen(near, imagePoint(1050, 1025))).toEqual(screenPoint(424, 324))
  })

  test('a larger canvas keeps the centre of the image in its centre', () => {
    const wide = resize(view, 1200, 900, 1)
    const centre = imageToScreen(wide, imagePoint(2000, 1500))
    expect(centre.x).toBeCloseTo(600, 9)
    expect(centre.y).toBeCloseTo(450, 9)
    expect(wide.dpr).toBe(1)
  })
})
