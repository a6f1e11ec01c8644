/**
 * The viewport: which part of the image is on screen, at which scale. Immutable: every change gives a new one.
 *
 * screen = image * scale + offset, in CSS pixels. Owns no canvas; a layer multiplies by `dpr` to get device pixels.
 */
import { imagePoint, screenPoint, type ImagePoint, type Rect, type ScreenPoint } from './points'

export interface Viewport {
  /** CSS pixels per image pixel. */
  readonly scale: number
  /** Where the image's origin lies on screen, CSS pixels. */
  readonly offsetX: number
  readonly offsetY: number
  /** Size of the canvas, CSS pixels. */
  readonly width: number
  readonly height: number
  /** Device pixels per CSS pixel. */
  readonly dpr: number
  readonly imageWidth: number
  readonly imageHeight: number
}

export interface ViewportSizes {
  readonly width: number
  readonly height: number
  readonly dpr: number
  readonly imageWidth: number
  readonly imageHeight: number
}

/** 64 CSS pixels for one image pixel: enough to place a vertex to 1/64 of a pixel with a mouse. */
export const MAX_SCALE = 64
/** At the smallest scale the longer side of the image still covers this many CSS pixels (or is at 1:1). */
const MIN_IMAGE_ON_SCREEN = 64
/** At least this much of the image, CSS pixels, stays on screen while panning. */
const KEEP_ON_SCREEN = 48
const FIT_MARGIN = 24
/** Room above and below a fitted image, CSS pixels: the tool's bar and the status line float there, and take clicks. */
const BAR = 64
const STATUS = 48
/** In a lower canvas the image needs the room more. */
const ROOMY = 400

/** A viewport that shows the whole image, centred. */
export function createViewport(sizes: ViewportSizes): Viewport {
  return fit({ ...sizes, scale: 1, offsetX: 0, offsetY: 0 })
}

export function imageToScreen(view: Viewport, point: ImagePoint): ScreenPoint {
  return screenPoint(point.x * view.scale + view.offsetX, point.y * view.scale + view.offsetY)
}

export function screenToImage(view: Viewport, point: ScreenPoint): ImagePoint {
  return imagePoint((point.x - view.offsetX) / view.scale, (point.y - view.offsetY) / view.scale)
}

/** A length in CSS pixels as a length in image pixels (tolerances, handle sizes). */
export function screenLengthToImage(view: Viewport, length: number): number {
  return length / view.scale
}

/** Multiplies the scale by `factor` so that the image point under `about` stays under it. */
export function zoomAbout(view: Viewport, about: ScreenPoint, factor: number): Viewport {
  return zoomTo(view, view.scale * factor, about)
}

/** Sets the scale (kept within limits) so that the image point under `about` stays under it. */
export function zoomTo(view: Viewport, scale: number, about: ScreenPoint = screenCentre(view)): Viewport {
  const target = Math.min(MAX_SCALE, Math.max(minScale(view), scale))
  const held = screenToImage(view, about)
  return clamp({
    ...view,
    scale: target,
    offsetX: about.x - held.x * target,
    offsetY: about.y - held.y * target,
  })
}

/** Moves the image by (dx, dy) CSS pixels. */
export function pan(view: Viewport, dx: number, dy: number): Viewport {
  return clamp({ ...view, offsetX: view.offsetX + dx, offsetY: view.offsetY + dy })
}

/** Shows the whole image, centred, with a margin. */
export function fit(view: Viewport): Viewport {
  return fitRect(view, { x0: 0, y0: 0, x1: view.imageWidth, y1: view.imageHeight })
}

/** Shows the whole image in what the floating bars leave free: none of it lies under them. */
export function fitBetweenBars(view: Viewport): Viewport {
  if (view.height < ROOMY) return fit(view)
  const [above, below] = [BAR - FIT_MARGIN, STATUS - FIT_MARGIN]
  const inner = fit({ ...view, height: view.height - above - below })
  return clamp({ ...inner, height: view.height, offsetY: inner.offsetY + above })
}

/** Centres `rect` and scales so that it fills the canvas up to a margin. */
export function fitRect(view: Viewport, rect: Rect, margin: number = FIT_MARGIN): Viewport {
  const wide = Math.max(1, view.width - 2 * margin) / Math.max(1e-6, rect.x1 - rect.x0)
  const high = Math.max(1, view.height - 2 * margin) / Math.max(1e-6, rect.y1 - rect.y0)
  const scale = Math.min(MAX_SCALE, Math.max(minScale(view), Math.min(wide, high)))
  return clamp({
    ...view,
    scale,
    offsetX: view.width / 2 - ((rect.x0 + rect.x1) / 2) * scale,
    offsetY: view.height / 2 - ((rect.y0 + rect.y1) / 2) * scale,
  })
}

/** The canvas changed size (or the window moved to another screen): the image centre on screen stays. */
export function resize(view: Viewport, width: number, height: number, dpr: number = view.dpr): Viewport {
  return clamp({
    ...view,
    width,
    height,
    dpr,
    offsetX: view.offsetX + (width - view.width) / 2,
    offsetY: view.offsetY + (height - view.height) / 2,
  })
}

/** Keeps the scale within limits and some of the image on screen. */
export function clamp(view: Viewport): Viewport {
  const scale = Math.min(MAX_SCALE, Math.max(minScale(view), view.scale))
  return {
    ...view,
    scale,
    offsetX: clampOffset(view.offsetX, view.width, view.imageWidth * scale),
    offsetY: clampOffset(view.offsetY, view.height, view.imageHeight * scale),
  }
}

/** The smallest scale allowed: the whole image as a thumbnail of 64 CSS pixels. */
export function minScale(view: Viewport): number {
  return Math.min(1, MIN_IMAGE_ON_SCREEN / Math.max(1, view.imageWidth, view.imageHeight))
}

/** The part of image space under the canvas; may reach outside the image. */
export function visibleRect(view: Viewport): Rect {
  const topLeft = screenToImage(view, screenPoint(0, 0))
  const bottomRight = screenToImage(view, screenPoint(view.width, view.height))
  return { x0: topLeft.x, y0: topLeft.y, x1: bottomRight.x, y1: bottomRight.y }
}

export function screenCentre(view: Viewport): ScreenPoint {
  return screenPoint(view.width / 2, view.height / 2)
}

function clampOffset(offset: number, screenSize: number, imageSize: number): number {
  const keep = Math.min(KEEP_ON_SCREEN, imageSize, screenSize)
  return Math.min(screenSize - keep, Math.max(keep - imageSize, offset))
}
