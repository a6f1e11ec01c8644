/** The box and the area of an object, whatever its kind; as `annotator/core/shapes.py`. */
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
 * The object's area in square pixels, of a shape that lies within the image: outer rings minus holes for polygons,
 * pixels for a mask, the sides' product for a box, 0 for lines and points.
 */
export function areaOf(geometry: Geometry): number {
  switch (geometry.kind) {
    case 'polygon':
      return geometry.polygons.reduce((sum, polygon) => sum + polygonArea(polygon), 0)
    case 'mask':
      return rle.area(geometry.mask.counts)
    case 'box': {
      const [x0, y0, x1, y1] = geometry.box
      return (x1 - x0) * (y1 - y0)
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
