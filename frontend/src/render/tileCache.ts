/**
 * Which tiles exist, which are out of date, which to ask for, and which to draw for a viewport. Pure bookkeeping over
 * bitmaps it treats as opaque: no canvas, no worker, so that invalidation can be tested by itself.
 *
 * Tiles belong to a *generation*: all tiles painted at one scale. Zooming shows the nearest generation stretched until
 * the tiles of the new scale arrive; an overview generation is kept so that there is always something to show.
 */
import type { Rect } from '@/core/points'

import { TILE, type TileAddress, type TileRequest, tileRect } from './protocol'

interface Tile<B> {
  bitmap: B | null
  /** The edition that `bitmap` shows; -1 before the first answer. */
  painted: number
  edition: number
  asked: number
}

interface Generation<B> {
  readonly scale: number
  readonly tiles: Map<string, Tile<B>>
  used: number
}

/** One bitmap to draw: from its whole self to `rect` (image pixels). `clip`: only inside (image pixels), or everywhere. */
export interface Blit<B> {
  readonly bitmap: B
  readonly rect: Rect
  readonly clip: Rect | null
}

export interface TileCacheOptions<B> {
  /** Tiles kept in memory, over all generations. */
  readonly capacity: number
  readonly release: (bitmap: B) => void
}

const key = (tile: TileAddress) => `${tile.column},${tile.row}`

export class TileCache<B> {
  private generations: Generation<B>[] = []
  private overview: number | null = null
  private edition = 0
  private clock = 0

  constructor(private readonly options: TileCacheOptions<B>) {}

  /** The scale whose tiles are never thrown away (the whole image on screen). */
  keepOverview(scale: number): void {
    this.overview = scale
  }

  get scales(): readonly number[] {
    return this.generations.map((generation) => generation.scale)
  }

  /** Everything is out of date (a new style); old tiles are shown until new ones arrive. */
  invalidateAll(): void {
    this.edition += 1
    for (const generation of this.generations)
      for (const tile of generation.tiles.values()) tile.edition = this.edition
  }

  /** What lies in `rect` (image pixels) changed. `margin`: device pixels an outline may reach beyond it. */
  invalidate(rect: Rect, margin: number): void {
    this.edition += 1
    for (const generation of this.generations) {
      const reach = margin / generation.scale
      const grown = { x0: rect.x0 - reach, y0: rect.y0 - reach, x1: rect.x1 + reach, y1: rect.y1 + reach }
      for (const [name, tile] of generation.tiles) {
        const [column, row] = name.split(',').map(Number) as [number, number]
        if (overlaps(tileRect({ column, row }, generation.scale), grown)) tile.edition = this.edition
      }
    }
  }

  /** The tiles to paint now for what is visible, nearest to the middle first; those already asked for included. */
  wanted(scale: number, visible: Rect): TileRequest[] {
    const generation = this.generation(scale)
    const slots = slotsOf(scale, visible)
    const middle = { x: (visible.x0 + visible.x1) / 2, y: (visible.y0 + visible.y1) / 2 }
    const wanted: (TileRequest & { far: number })[] = []
    for (const slot of slots) {
      const tile = this.tile(generation, slot)
      if (tile.painted === tile.edition) continue
      tile.asked = tile.edition
      const rect = tileRect(slot, scale)
      const far = Math.hypot((rect.x0 + rect.x1) / 2 - middle.x, (rect.y0 + rect.y1) / 2 - middle.y)
      wanted.push({ ...slot, edition: tile.edition, far })
    }
    wanted.sort((a, b) => a.far - b.far)
    return wanted.map(({ column, row, edition }) => ({ column, row, edition }))
  }

  /** Whether every visible tile of this scale shows the newest state. */
  isFresh(scale: number, visible: Rect): boolean {
    const generation = this.find(scale)
    if (!generation) return false
    return slotsOf(scale, visible).every((slot) => {
      const tile = generation.tiles.get(key(slot))
      return tile !== undefined && tile.painted === tile.edition
    })
  }

  /** Takes in an answer. False when it was older than what is there (its bitmap is released). */
  accept(scale: number, tile: TileRequest, bitmap: B | null): boolean {
    const held = this.find(scale)?.tiles.get(key(tile))
    if (!held || held.painted > tile.edition) {
      if (bitmap !== null) this.options.release(bitmap)
      return false
    }
    if (held.bitmap !== null) this.options.release(held.bitmap)
    held.bitmap = bitmap
    held.painted = tile.edition
    this.shrink(scale)
    return true
  }

  /** What to draw for a view at `scale` of `visible`: no two blits overlap, since tiles are translucent. */
  blits(scale: number, visible: Rect): Blit<B>[] {
    const shown = this.nearest(scale)
    if (!shown) return []
    shown.used = ++this.clock
    const out: Blit<B>[] = []
    for (const slot of slotsOf(shown.scale, visible)) {
      const tile = shown.tiles.get(key(slot))
      const rect = tileRect(slot, shown.scale)
      if (tile && tile.painted >= 0) {
        if (tile.bitmap !== null) out.push({ bitmap: tile.bitmap, rect, clip: null })
      } else out.push(...this.stopgap(shown, rect))
    }
    return out
  }

  clear(): void {
    for (const generation of this.generations) this.drop(generation)
    this.generations = []
  }

  /** Other generations' tiles for a slot that has none yet: the nearest scale that covers all of it. */
  private stopgap(except: Generation<B>, slot: Rect): Blit<B>[] {
    const others = this.generations
      .filter((generation) => generation !== except)
      .sort((a, b) => away(a.scale, except.scale) - away(b.scale, except.scale))
    for (const generation of others) {
      const tiles = slotsOf(generation.scale, slot)
      const painted = tiles.map((tile) => generation.tiles.get(key(tile)))
      if (!painted.every((tile) => tile !== undefined && tile.painted >= 0)) continue
      return tiles.flatMap((tile, i) => {
        const bitmap = painted[i]?.bitmap ?? null
        return bitmap === null ? [] : [{ bitmap, rect: tileRect(tile, generation.scale), clip: slot }]
      })
    }
    return []
  }

  /** The generation to build a view from: the exact one once it has something, else the nearest that has. */
  private nearest(scale: number): Generation<B> | null {
    const filled = this.generations.filter((generation) => hasTiles(generation))
    filled.sort((a, b) => away(a.scale, scale) - away(b.scale, scale))
    return filled[0] ?? null
  }

  private find(scale: number): Generation<B> | undefined {
    return this.generations.find((generation) => generation.scale === scale)
  }

  private generation(scale: number): Generation<B> {
    let found = this.find(scale)
    if (!found) {
      found = { scale, tiles: new Map(), used: 0 }
      this.generations.push(found)
    }
    found.used = ++this.clock
    return found
  }

  private tile(generation: Generation<B>, slot: TileAddress): Tile<B> {
    const name = key(slot)
    let tile = generation.tiles.get(name)
    if (!tile) {
      tile = { bitmap: null, painted: -1, edition: this.edition, asked: -1 }
      generation.tiles.set(name, tile)
    }
    return tile
  }

  /** Drops whole generations, longest unused first, but never the current one or the overview. */
  private shrink(current: number): void {
    let total = this.generations.reduce((sum, generation) => sum + generation.tiles.size, 0)
    const expendable = this.generations
      .filter((generation) => generation.scale !== current && generation.scale !== this.overview)
      .sort((a, b) => a.used - b.used)
    for (const generation of expendable) {
      if (total <= this.options.capacity) return
      total -= generation.tiles.size
      this.drop(generation)
      this.generations = this.generations.filter((other) => other !== generation)
    }
    if (total > this.options.capacity) this.trim(current)
  }

  /** The current generation alone is too large (a long pan): its oldest tiles go. */
  private trim(current: number): void {
    const generation = this.find(current)
    if (!generation) return
    for (const [name, tile] of generation.tiles) {
      if (generation.tiles.size <= this.options.capacity / 2) return
      if (tile.bitmap !== null) this.options.release(tile.bitmap)
      generation.tiles.delete(name)
    }
  }

  private drop(generation: Generation<B>): void {
    for (const tile of generation.tiles.values()) if (tile.bitmap !== null) this.options.release(tile.bitmap)
  }
}

function hasTiles<B>(generation: Generation<B>): boolean {
  for (const tile of generation.tiles.values()) if (tile.painted >= 0) return true
  return false
}

function away(a: number, b: number): number {
  return Math.abs(Math.log(a / b))
}

/** The grid slots that a rectangle of the image touches. */
export function slotsOf(scale: number, rect: Rect): TileAddress[] {
  const side = TILE / scale
  const slots: TileAddress[] = []
  const lastRow = Math.ceil(rect.y1 / side) - 1
  const lastColumn = Math.ceil(rect.x1 / side) - 1
  for (let row = Math.floor(rect.y0 / side); row <= lastRow; row++)
    for (let column = Math.floor(rect.x0 / side); column <= lastColumn; column++) slots.push({ column, row })
  return slots
}

function overlaps(a: Rect, b: Rect): boolean {
  return a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1
}
