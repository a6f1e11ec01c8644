/** Smoother shapes: a mask by its pixels (`morphology.ts`), outlines by cutting their corners (Chaikin, 1974). */
import type { Polygon, Ring } from '../document'
import { ringArea } from '../geometry'
import { type Area, outlinesOf, type Size } from './area'
import { smoothMask } from './morphology'
import { conflicts, movedInside } from './topology'

const ROUNDS = 2
/** How often the cuts are halved where they make outlines touch, before the object is left as it was. */
const TRIES = 6

/** Smooths an area; `radius` in pixels says how far. Null when nothing would be left. */
export function smooth(area: Area, radius: number, size: Size): Area | null {
  if (area.kind === 'mask') {
    const mask = smoothMask(area.mask, radius, size)
    return mask.width === 0 ? null : { kind: 'mask', mask }
  }
  return { kind: 'polygon', polygons: smoothPolygons(outlinesOf(area)!, radius) }
}

/** Cuts the corners of all rings, each at most `radius` pixels along its edges, without making any two touch. */
export function smoothPolygons(polygons: readonly Polygon[], radius: number): readonly Polygon[] {
  const rings = polygons.flat()
  const known = conflicts(rings).length
  for (let k = 0, cut = radius; k < TRIES; k++, cut /= 2) {
    const smoothed = polygons.map((polygon) => polygon.map((ring) => cutCorners(ring, cut)))
    const flat = smoothed.flat()
    if (flat.some((ring) => ring.length < 6 || ringArea(ring) === 0)) continue
    if (conflicts(flat).length <= known && movedInside(rings, flat).length === 0) return smoothed
  }
  return polygons
}

function cutCorners(ring: Ring, radius: number): Ring {
  let [points, reach] = [ring, radius]
  for (let round = 0; round < ROUNDS; round++, reach /= 2) points = cutOnce(points, reach)
  return points
}

/** Each corner becomes two points, a quarter of their edge away from it or as far as `reach`. */
function cutOnce(ring: Ring, reach: number): Ring {
  const n = ring.length
  const cut = new Float32Array(2 * n)
  for (let i = 0; i < n; i += 2) {
    const j = (i + 2) % n
    const [dx, dy] = [ring[j]! - ring[i]!, ring[j + 1]! - ring[i + 1]!]
    const t = Math.min(0.25, reach / Math.hypot(dx, dy))
    cut[2 * i] = ring[i]! + t * dx
    cut[2 * i + 1] = ring[i + 1]! + t * dy
    cut[2 * i + 2] = ring[j]! - t * dx
    cut[2 * i + 3] = ring[j + 1]! - t * dy
  }
  return cut
}
