/** Reads a part of the photograph back as pixels, from the level that is just fine enough. */
import { clampWindow, type PixelWindow, windowSize } from '@/core/pixelWindow'
import type { Rect } from '@/core/points'

import { type ImageLevels, levelFor } from './imageLevels'

/**
 * The pixels of a rectangle, cut at the image's border, at full size or smaller: at most `maxSide` on the longer side.
 *
 * Throws when this browser gives no canvas to read from.
 */
export function readPixels(image: ImageLevels, wanted: Rect, maxSide: number): PixelWindow {
  const rect = clampWindow(wanted, image.width, image.height)
  const { width, height, scale } = windowSize(rect, maxSide)
  const { bitmap } = levelFor(image, scale, 1)
  const canvas = new OffscreenCanvas(width, height)
  const context = canvas.getContext('2d', { willReadFrequently: true, alpha: false })
  if (!context) throw new Error('the browser gave no canvas to read pixels from')
  const [sx, sy] = [bitmap.width / image.width, bitmap.height / image.height]
  context.imageSmoothingEnabled = scale < 1
  context.imageSmoothingQuality = 'medium'
  const [left, top] = [rect.x0 * sx, rect.y0 * sy]
  const [wide, high] = [(rect.x1 - rect.x0) * sx, (rect.y1 - rect.y0) * sy]
  context.drawImage(bitmap, left, top, wide, high, 0, 0, width, height)
  return { rect, width, height, scale, rgba: context.getImageData(0, 0, width, height).data }
}
