/** The box and the area of an object, whatever its kind; as `annotator/core/shapes.py`. */
import { clipPolygons } from './clipping'
import type { Geometry } from './document'
import { polygonArea, polygonsBbox, ringBbox } from './geometry'
import type { Rect } from './points'
import * as rle from './rle'

/** The object's box. A mask's is that of its crop: pixels 0..9 give 0 and 10. All zero when it is empty. */
export function bboxOf(geometry: Geometry): Rect {
  switch (geometry.kind) {
    case 'polygon':
      return polygonsBbox(geometry.polygons)
    case 'mask': {
      const { x, y, width, height } = geometry.mask
      return { x0: x, y0: y, x1: x + width, y1: y + height }
    }
    case 'box': {
      const [x0, y0, x1, y1] = geometry.box
      return { x0, y0, x1, y1 }
    }
    case 'polyline':
    case 'point':
      return ringBbox(geometry.points)
  }
}

/**
 * The object's area within the image, in square pixels: outer rings minus holes for polygons, pixels for a mask, the
 * sides' product for a box, 0 for lines and points.
 */
export function areaOf(geometry: Geometry, height: number, width: number): number {
  switch (geometry.kind) {
    case 'polygon':
      return clipPolygons(geometry.polygons, width, height).reduce(
        (sum, polygon) => sum + polygonArea(polygon),
        0,
      )
    case 'mask': {
      const { x, y, counts, ...size } = geometry.mask
      const inside = x >= 0 && y >= 0 && x + size.width <= width && y + size.height <= height
      return rle.area(inside ? counts : rle.expand(geometry.mask, height, width))
    }
    case 'box': {
      const [x0, y0, x1, y1] = geometry.box
      const wide = Math.min(x1, width) - Math.max(x0, 0)
      const tall = Math.min(y1, height) - Math.max(y0, 0)
      return Math.max(wide, 0) * Math.max(tall, 0)
    }
    case 'polyline':
    case 'point':
      return 0
  }
}

/** How many vertices the object has (rings, lines, points; a box has 4, a mask none). */
export function vertexCount(geometry: Geometry): number {
  switch (geometry.kind) {
    case 'polygon':
      return geometry.polygons.flat().reduce((sum, ring) => sum + ring.length / 2, 0)
    case 'box':
      return 4
    case 'mask':
      return 0
    case 'polyline':
    case 'point':
      return geometry.points.length / 2
  }
}
