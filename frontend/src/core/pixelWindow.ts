/** A part of the photograph as pixels, perhaps made smaller: what methods that look at the image work on. */
import { imagePoint, type ImagePoint, type Rect } from './points'

/** Which part, and how many pixels stand for it. */
export interface WindowFrame {
  /** Whole image pixels. */
  readonly rect: Rect
  /** Size in window pixels. */
  readonly width: number
  readonly height: number
}

export interface PixelWindow extends WindowFrame {
  /** Window pixels per image pixel, at most 1; nearly: sizes are whole. */
  readonly scale: number
  /** Row by row: (height * width * 4) 0..255. */
  readonly rgba: Uint8ClampedArray
}

/** The column and row of the window pixel that holds a point; the nearest one for points outside. */
export function windowPixel(
  { rect, width, height }: WindowFrame,
  at: { x: number; y: number },
): [number, number] {
  const column = Math.floor(((at.x - rect.x0) * width) / (rect.x1 - rect.x0))
  const row = Math.floor(((at.y - rect.y0) * height) / (rect.y1 - rect.y0))
  return [Math.min(width - 1, Math.max(0, column)), Math.min(height - 1, Math.max(0, row))]
}

/** The centre of a window pixel in the image. */
export function windowPoint({ rect, width, height }: WindowFrame, column: number, row: number): ImagePoint {
  return imagePoint(
    rect.x0 + ((column + 0.5) * (rect.x1 - rect.x0)) / width,
    rect.y0 + ((row + 0.5) * (rect.y1 - rect.y0)) / height,
  )
}

/** Whole pixels within the image, at least one each way. */
export function clampWindow(rect: Rect, width: number, height: number): Rect {
  const x0 = Math.min(width - 1, Math.max(0, Math.floor(rect.x0)))
  const y0 = Math.min(height - 1, Math.max(0, Math.floor(rect.y0)))
  return {
    x0,
    y0,
    x1: Math.max(x0 + 1, Math.min(width, Math.ceil(rect.x1))),
    y1: Math.max(y0 + 1, Math.min(height, Math.ceil(rect.y1))),
  }
}

/** The size of a window whose longer side may have `maxSide` pixels. */
export function windowSize(rect: Rect, maxSide: number): { width: number; height: number; scale: number } {
  const [wide, high] = [rect.x1 - rect.x0, rect.y1 - rect.y0]
  const scale = Math.min(1, maxSide / Math.max(wide, high))
  return {
    scale,
    width: Math.max(1, Math.round(wide * scale)),
    height: Math.max(1, Math.round(high * scale)),
  }
}
