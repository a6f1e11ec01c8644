/**
 * The tiles of a large image: which there are, where they lie, and which level shows a scale.
 *
 * Level 0 fits into one tile; each next one has twice the sides; the last is the image itself. A pixel of a level covers
 * `step` x `step` pixels of the image, from the top-left corner on; the last ones of a row may reach beyond its border.
 */
import type { Rect } from './points'

export interface TilePyramid {
  /** Of the image, in pixels. */
  readonly width: number
  readonly height: number
  /** Side of a tile, in pixels of its level. */
  readonly size: number
  readonly levels: number
}

export interface TilePlace {
  readonly level: number
  readonly column: number
  readonly row: number
}

/** Image pixels that a level's pixel covers on a side: 1, 2, 4 ... */
export function stepOf(pyramid: TilePyramid, level: number): number {
  return 2 ** (pyramid.levels - 1 - level)
}

/** The coarsest level that has a pixel for every device pixel, or nearly (`slack` < 1 takes a coarser one). */
export function levelForScale(pyramid: TilePyramid, scale: number, slack: number): number {
  const back = Math.floor(-Math.log2(Math.max(scale * slack, 1e-9)) + 1e-9)
  return Math.min(pyramid.levels - 1, Math.max(0, pyramid.levels - 1 - back))
}

/** What a tile covers of the image, cut at its border. */
export function tileBounds(pyramid: TilePyramid, { level, column, row }: TilePlace): Rect {
  const side = pyramid.size * stepOf(pyramid, level)
  return {
    x0: column * side,
    y0: row * side,
    x1: Math.min(pyramid.width, (column + 1) * side),
    y1: Math.min(pyramid.height, (row + 1) * side),
  }
}

/** The tiles of a level that a rectangle of the image touches, nearest to its middle first. */
export function tilesIn(pyramid: TilePyramid, level: number, rect: Rect): TilePlace[] {
  const side = pyramid.size * stepOf(pyramid, level)
  const [x0, y0] = [Math.max(0, rect.x0), Math.max(0, rect.y0)]
  const [x1, y1] = [Math.min(pyramid.width, rect.x1), Math.min(pyramid.height, rect.y1)]
  const places: (TilePlace & { readonly far: number })[] = []
  if (x0 >= x1 || y0 >= y1) return places
  const [cx, cy] = [(rect.x0 + rect.x1) / 2, (rect.y0 + rect.y1) / 2]
  for (let row = Math.floor(y0 / side); row * side < y1; row++)
    for (let column = Math.floor(x0 / side); column * side < x1; column++) {
      const far = Math.hypot((column + 0.5) * side - cx, (row + 0.5) * side - cy)
      places.push({ level, column, row, far })
    }
  places.sort((a, b) => a.far - b.far)
  return places.map(({ column, row }) => ({ level, column, row }))
}

/** The tile one level up that holds a tile; null for the top. */
export function parentOf({ level, column, row }: TilePlace): TilePlace | null {
  return level === 0 ? null : { level: level - 1, column: column >> 1, row: row >> 1 }
}

/** The tiles one level down that a tile holds; none for the finest level. */
export function childrenOf(pyramid: TilePyramid, { level, column, row }: TilePlace): TilePlace[] {
  if (level >= pyramid.levels - 1) return []
  const side = pyramid.size * stepOf(pyramid, level + 1)
  const children: TilePlace[] = []
  for (const y of [2 * row, 2 * row + 1])
    for (const x of [2 * column, 2 * column + 1])
      if (x * side < pyramid.width && y * side < pyramid.height)
        children.push({ level: level + 1, column: x, row: y })
  return children
}
