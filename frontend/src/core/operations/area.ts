/**
 * What every operation on areas shares: the geometries that have pixels, and the rule of exactness. An outline made by
 * vectors is taken only where it covers exactly the pixels that the operation says; else the pixels' own outline is.
 */
import type { Geometry, Kind, MaskGeometry, Polygon, Ring } from '../document'
import { boxToPolygon, maskToPolygons, reverseRing, toMask } from '../editing'
import { ringArea } from '../geometry'
import { validatePolygons } from '../validation'

export interface Size {
  readonly width: number
  readonly height: number
}

export type Area = Extract<Geometry, { kind: 'polygon' | 'mask' | 'box' }>
/** What the outcome is kept as: a box becomes a polygon. */
export type AreaKind = 'polygon' | 'mask'

export function isArea<G extends { readonly kind: Kind }>(
  geometry: G,
): geometry is Extract<G, { kind: Area['kind'] }> {
  return geometry.kind !== 'polyline' && geometry.kind !== 'point'
}

export function kindFor(area: Area): AreaKind {
  return area.kind === 'mask' ? 'mask' : 'polygon'
}

/** An area's pixels. */
export function pixelsOf(area: Area, { width, height }: Size): MaskGeometry {
  return toMask(area, width, height)
}

/** A polygon's or box's outlines; null for a mask. */
export function outlinesOf(area: Area): readonly Polygon[] | null {
  if (area.kind === 'mask') return null
  return area.kind === 'box' ? [boxToPolygon(area.box)] : area.polygons
}

export function sameMask(a: MaskGeometry, b: MaskGeometry): boolean {
  if (a === b) return true
  if (a.x !== b.x || a.y !== b.y || a.width !== b.width || a.height !== b.height) return false
  return a.counts.length === b.counts.length && a.counts.every((count, k) => count === b.counts[k])
}

/**
 * The outcome of an operation whose pixels are `exact`: as a mask, or as the outline `candidate` gives where that one
 * covers the same pixels and is valid, or as the outline of the pixels. Null when no pixel is left.
 */
export function outcome(
  kind: AreaKind,
  exact: MaskGeometry,
  candidate: (() => readonly Polygon[]) | null,
  size: Size,
): Area | null {
  if (exact.width === 0) return null
  if (kind === 'mask') return { kind, mask: exact }
  const polygons = candidate === null ? null : exactly(exact, candidate, size)
  return { kind, polygons: polygons ?? maskToPolygons(exact) }
}

/** The candidate's parts that have pixels, where together they cover exactly these; else null. */
export function exactly(
  exact: MaskGeometry,
  candidate: () => readonly Polygon[],
  { width, height }: Size,
): readonly Polygon[] | null {
  const polygons = candidate().filter(
    (polygon) => toMask({ kind: 'polygon', polygons: [polygon] }, width, height).width > 0,
  )
  if (validatePolygons(polygons, width, height).length > 0) return null
  return sameMask(toMask({ kind: 'polygon', polygons }, width, height), exact) ? polygons : null
}

/** The ring, outer ones clockwise on the screen and holes the other way. */
export function directed(ring: Ring, isOuter: boolean): Ring {
  return ringArea(ring) > 0 === isOuter ? ring : reverseRing(ring)
}
