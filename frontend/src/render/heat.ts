/** The layer of a picture over the whole image, such as a map of uncertainty. Owns the drawing, not the colours. */
import { visibleRect } from '@/core/viewport'

import { deviceTransform, type FrameState } from './frame'

/** Draws the part of it that is on screen. Returns: whether there is one. */
export function drawHeat(context: CanvasRenderingContext2D, { heat, viewport }: FrameState): boolean {
  context.setTransform(1, 0, 0, 1, 0, 0)
  context.clearRect(0, 0, context.canvas.width, context.canvas.height)
  if (!heat) return false
  const { picture, opacity } = heat
  const { imageWidth, imageHeight } = viewport
  const seen = visibleRect(viewport)
  const [x0, y0] = [Math.max(0, seen.x0), Math.max(0, seen.y0)]
  const [x1, y1] = [Math.min(imageWidth, seen.x1), Math.min(imageHeight, seen.y1)]
  if (x1 <= x0 || y1 <= y0) return true
  const { scale, dx, dy } = deviceTransform(viewport)
  const [sx, sy] = [picture.width / imageWidth, picture.height / imageHeight]
  context.globalAlpha = opacity
  context.imageSmoothingEnabled = true
  context.drawImage(
    picture,
    x0 * sx,
    y0 * sy,
    (x1 - x0) * sx,
    (y1 - y0) * sy,
    x0 * scale + dx,
    y0 * scale + dy,
    (x1 - x0) * scale,
    (y1 - y0) * scale,
  )
  context.globalAlpha = 1
  return true
}
