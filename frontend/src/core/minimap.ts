/** The overview map's geometry: its size, the frame that shows the viewport, and where a click leads. Draws nothing. */
import type { Rect } from './points'
import { clamp, type Viewport, visibleRect } from './viewport'

export interface MapSize {
  /** Map pixels (CSS) an image pixel. */
  readonly scale: number
  readonly width: number
  readonly height: number
}

/** The map of an image as large as fits into the room. */
export function mapSize(
  image: { readonly width: number; readonly height: number },
  room: { readonly width: number; readonly height: number },
): MapSize {
  const scale = Math.min(room.width / image.width, room.height / image.height)
  return {
    scale,
    width: Math.max(1, Math.round(image.width * scale)),
    height: Math.max(1, Math.round(image.height * scale)),
  }
}

/** The viewport's frame on the map, cut at the map's border. */
export function frameOn(view: Viewport, { scale, width, height }: MapSize): Rect {
  const { x0, y0, x1, y1 } = visibleRect(view)
  const cut = (value: number, end: number) => Math.min(end, Math.max(0, value * scale))
  return { x0: cut(x0, width), y0: cut(y0, height), x1: cut(x1, width), y1: cut(y1, height) }
}

/** Whether all of the image is on screen, so that a map would tell nothing. */
export function showsAll(view: Viewport): boolean {
  const { x0, y0, x1, y1 } = visibleRect(view)
  return x0 <= 0 && y0 <= 0 && x1 >= view.imageWidth && y1 >= view.imageHeight
}

/** The viewport with the image point under a point of the map in its middle. */
export function centredOn(view: Viewport, { scale }: MapSize, x: number, y: number): Viewport {
  return clamp({
    ...view,
    offsetX: view.width / 2 - (x / scale) * view.scale,
    offsetY: view.height / 2 - (y / scale) * view.scale,
  })
}
