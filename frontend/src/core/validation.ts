/** The rules that a polygon object obeys; the server refuses what breaks them, so the editor asks first. */
import { findCrossing } from './crossings'
import type { Polygon, Ring } from './document'
import { polygonsBbox, ringArea } from './geometry'

export type Fault =
  'no-polygons' | 'no-rings' | 'too-few-points' | 'not-finite' | 'self-crossing' | 'no-area' | 'outside'

export interface Problem {
  /** `polygons[0][2]` is ring 2 of polygon 0. */
  readonly where: string
  readonly fault: Fault
}

/** Every ring that breaks a rule; else whether the object lies wholly outside the image. Empty when all is well. */
export function validatePolygons(
  polygons: readonly Polygon[],
  width: number,
  height: number,
  where = 'polygons',
): Problem[] {
  if (polygons.length === 0) return [{ where, fault: 'no-polygons' }]
  const problems: Problem[] = []
  polygons.forEach((polygon, p) => {
    if (polygon.length === 0) problems.push({ where: `${where}[${p}]`, fault: 'no-rings' })
    polygon.forEach((ring, r) => {
      const fault = ringFault(ring)
      if (fault !== null) problems.push({ where: `${where}[${p}][${r}]`, fault })
    })
  })
  if (problems.length > 0) return problems
  const { x0, y0, x1, y1 } = polygonsBbox(polygons)
  const outside = x1 <= 0 || y1 <= 0 || x0 >= width || y0 >= height
  return outside ? [{ where, fault: 'outside' }] : []
}

/** What is wrong with a ring, or null. A ring may touch itself, but not cross itself. */
export function ringFault(ring: Ring): Fault | null {
  if (ring.length < 6) return 'too-few-points'
  if (!ring.every(Number.isFinite)) return 'not-finite'
  const area = ringArea(ring)
  if (area === 0 && differentPoints(ring) < 3) return 'too-few-points'
  if (findCrossing(ring) !== null) return 'self-crossing'
  return area === 0 ? 'no-area' : null
}

function differentPoints(ring: Ring): number {
  const seen = new Set<string>()
  for (let i = 0; i < ring.length; i += 2) seen.add(`${ring[i]!} ${ring[i + 1]!}`)
  return seen.size
}
