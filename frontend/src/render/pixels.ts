/** Reads a part of the photograph back as pixels, from the level that is just fine enough. */
import { clampWindow, type PixelWindow, windowSize } from '@/core/pixelWindow'
import type { Rect } from '@/core/points'

import { levelForScale } from '@/core/tilePyramid'

import { type ImageLevels, levelFor } from './imageLevels'

/**
 * The pixels of a rectangle, cut at the image's border, at full size or smaller: at most `maxSide` on the longer side.
 *
 * Rejects when this browser gives no canvas to read from, or a large image's tiles do not come.
 */
export async function readPixels(image: ImageLevels, wanted: Rect, maxSide: number): Promise<PixelWindow> {
  const rect = clampWindow(wanted, image.width, image.height)
  const { width, height, scale } = windowSize(rect, maxSide)
  const canvas = new OffscreenCanvas(width, height)
  const context = canvas.getContext('2d', { willReadFrequently: true, alpha: false })
  if (!context) throw new Error('the browser gave no canvas to read pixels from')
  if (image.tiles) {
    await drawTilesOf(image.tiles, context, rect, scale)
    return { rect, width, height, scale, rgba: context.getImageData(0, 0, width, height).data }
  }
  const { bitmap } = levelFor(image, scale, 1)
  const [sx, sy] = [bitmap.width / image.width, bitmap.height / image.height]
  context.imageSmoothingEnabled = scale < 1
  context.imageSmoothingQuality = 'medium'
  const [left, top] = [rect.x0 * sx, rect.y0 * sy]
  const [wide, high] = [(rect.x1 - rect.x0) * sx, (rect.y1 - rect.y0) * sy]
  context.drawImage(bitmap, left, top, wide, high, 0, 0, width, height)
  return { rect, width, height, scale, rgba: context.getImageData(0, 0, width, height).data }
}

async function drawTilesOf(
  tiles: NonNullable<ImageLevels['tiles']>,
  context: OffscreenCanvasRenderingContext2D,
  rect: Rect,
  scale: number,
): Promise<void> {
  context.imageSmoothingEnabled = scale < 1
  context.imageSmoothingQuality = 'medium'
  await tiles.each(levelForScale(tiles.pyramid, scale, 1), rect, ({ bitmap, from, to }) => {
    const [x0, y0] = [(to.x0 - rect.x0) * scale, (to.y0 - rect.y0) * scale]
    const [wide, high] = [from.x1 - from.x0, from.y1 - from.y0]
    const size = [(to.x1 - to.x0) * scale, (to.y1 - to.y0) * scale] as const
    context.drawImage(bitmap, from.x0, from.y0, wide, high, x0, y0, ...size)
  })
}
