/**
 * Splitting an area by a line: every part that the line goes all the way across falls apart. The parts share the line's
 * vertices, so that by the rasteriser's half-open rule no pixel is in two of them and none is lost.
 */
import type { MaskGeometry, Polygon } from '../document'
import { maskToPolygons, toMask } from '../editing'
import * as rle from '../rle'
import { type Area, outlinesOf, pixelsOf, sameMask, type Size } from './area'
import { joinAll } from './boolean'
import { cutPolygon } from './faces'

/**
 * The pieces of an area on the sides of a line [x0, y0, x1, y1, ...], the largest first; parts that the line does not
 * part stay with that one. Their pixels are the area's, each in one piece. Null where the line parts nothing.
 */
export function split(area: Area, line: readonly number[], size: Size): Area[] | null {
  const exact = pixelsOf(area, size)
  const outlines = outlinesOf(area)
  if (outlines !== null) {
    const pieces = piecesOf(outlines, line, size)
    if (pieces === null) return null
    if (addUp(pieces, exact)) return pieces.map(({ polygons }) => ({ kind: 'polygon', polygons }))
  }
  // Along pixel edges a line's meeting points are exact, and so are the pieces.
  const pieces = piecesOf(maskToPolygons(exact), line, size)
  if (pieces === null || !addUp(pieces, exact)) return null
  return pieces.map(({ mask, polygons }) =>
    area.kind === 'mask' ? { kind: 'mask', mask } : { kind: 'polygon', polygons },
  )
}

interface Piece {
  readonly polygons: readonly Polygon[]
  readonly mask: MaskGeometry
}

function piecesOf(outlines: readonly Polygon[], line: readonly number[], size: Size): Piece[] | null {
  const whole: Polygon[] = []
  const parted: Piece[] = []
  for (const polygon of outlines) {
    const pieces = cutPolygon(polygon, line)
      .map((piece) => pieceOf([piece], size))
      .filter(({ mask }) => mask.width > 0)
    if (pieces.length > 1) parted.push(...pieces)
    else whole.push(polygon)
  }
  if (parted.length < 2) return null
  const [largest, ...others] = parted.sort((a, b) => rle.area(b.mask.counts) - rle.area(a.mask.counts))
  return [pieceOf([...largest!.polygons, ...whole], size), ...others]
}

function pieceOf(polygons: readonly Polygon[], { width, height }: Size): Piece {
  return { polygons, mask: toMask({ kind: 'polygon', polygons }, width, height) }
}

/** Whether the pieces share no pixel and together are the whole. */
function addUp(pieces: readonly Piece[], whole: MaskGeometry): boolean {
  const total = pieces.reduce((sum, { mask }) => sum + rle.area(mask.counts), 0)
  return total === rle.area(whole.counts) && sameMask(joinAll(pieces.map(({ mask }) => mask)), whole)
}
