/** One kind of area as another: mask, outline and box. Exact, unless the outline of a mask is asked to be simpler. */
import { maskToPolygons } from '../editing'
import { type Area, outlinesOf, pixelsOf, type Size } from './area'
import { simplifyPolygons } from './simplify'

/** The area as a mask of exactly its pixels. Null when it has none. */
export function asMask(area: Area, size: Size): Area | null {
  const mask = pixelsOf(area, size)
  return mask.width === 0 ? null : { kind: 'mask', mask }
}

/** The area as outlines: a mask's along its pixels' edges, with every hole and part; simpler by `tolerance` pixels. */
export function asPolygon(area: Area, tolerance: number): Area {
  const outlines = outlinesOf(area)
  if (outlines !== null) return { kind: 'polygon', polygons: outlines }
  if (area.kind !== 'mask') return area
  const polygons = maskToPolygons(area.mask)
  return { kind: 'polygon', polygons: tolerance > 0 ? simplifyPolygons(polygons, tolerance) : polygons }
}
