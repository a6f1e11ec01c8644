/** The overview map shows where the viewport is, and a click on it leads there. */
import { expect, test } from 'vitest'

import { centredOn, frameOn, mapSize, showsAll } from '../../src/core/minimap'
import { screenPoint } from '../../src/core/points'
import { createViewport, screenToImage, zoomTo } from '../../src/core/viewport'

const sizes = { width: 800, height: 600, dpr: 1, imageWidth: 4000, imageHeight: 2000 }
const map = mapSize({ width: 4000, height: 2000 }, { width: 180, height: 140 })

test('the map keeps the image’s shape within its room', () => {
  expect(map).toEqual({ scale: 0.045, width: 180, height: 90 })
  expect(mapSize({ width: 100, height: 1000 }, { width: 180, height: 140 })).toMatchObject({
    width: 14,
    height: 140,
  })
  expect(mapSize({ width: 10, height: 20000 }, { width: 180, height: 140 }).width).toBe(1)
})

test('the frame is what is on screen', () => {
  const view = { ...createViewport(sizes), scale: 1, offsetX: -1000, offsetY: -500 }
  const frame = frameOn(view, map)
  expect([frame.x0, frame.y0, frame.x1, frame.y1].map((value) => Math.round(value * 100) / 100)).toEqual([
    45, 22.5, 81, 49.5,
  ])
})

test('the frame ends at the map’s border', () => {
  expect(frameOn(createViewport(sizes), map)).toEqual({ x0: 0, y0: 0, x1: 180, y1: 90 })
})

test('a map is of use only while some of the image is off screen', () => {
  expect(showsAll(createViewport(sizes))).toBe(true)
  expect(showsAll(zoomTo(createViewport(sizes), 1))).toBe(false)
})

test('a point of the map comes to the middle of the screen', () => {
  const view = centredOn(zoomTo(createViewport(sizes), 2), map, 90, 45)
  const middle = screenToImage(view, screenPoint(400, 300))
  expect(middle.x).toBeCloseTo(2000)
  expect(middle.y).toBeCloseTo(1000)
  expect(view.scale).toBe(2)
})
