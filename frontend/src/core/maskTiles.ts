/**
 * A mask while it is being edited: 256 x 256 tiles, copied only when written to.
 *
 * A step (one stroke) knows each tile it touched before and after, which is all that undo needs. A tile that is empty is
 * null; one that is wholly set is the shared FULL tile, so large masks cost memory only along their outlines.
 */
import { forEachBrushSpan, type Brush } from './brush'
import type { MaskGeometry, Polygon } from './document'
import { unionRect, type Rect } from './points'
import { forEachSpan, type SpanVisitor } from './raster'
import { EMPTY_MASK, forEachColumnRun, RunBuilder } from './rle'

export const TILE = 256
const SHIFT = 8
const LOW = TILE - 1

/** Row-major 256 x 256 bytes, 0 or 1; null is an empty tile. Never write to one that you were given. */
export type Tile = Uint8Array | null

const FULL: Uint8Array = new Uint8Array(TILE * TILE).fill(1)

/** The tiles that one step changed, by index (row of tiles times columns of tiles plus column). */
export interface TileChange {
  readonly before: ReadonlyMap<number, Tile>
  readonly after: ReadonlyMap<number, Tile>
}

export class MaskTiles {
  readonly width: number
  readonly height: number
  /** Number of tile columns and rows. */
  readonly columns: number
  readonly rows: number
  readonly #tiles: Tile[]
  /** What the tiles that this step wrote to were before it. Those tiles are our own copies. */
  #before = new Map<number, Tile>()

  /** An empty mask over an image of width x height pixels. */
  constructor(width: number, height: number) {
    this.width = width
    this.height = height
    this.columns = Math.ceil(width / TILE)
    this.rows = Math.ceil(height / TILE)
    this.#tiles = new Array<Tile>(this.columns * this.rows).fill(null)
  }

  /** The tiles of a stored mask; what lies outside the image is left out. */
  static fromMask(mask: MaskGeometry, width: number, height: number): MaskTiles {
    const tiles = new MaskTiles(width, height)
    let strip: number[] = [] // column, top, bottom of the runs in one column of tiles
    let at = -1
    forEachColumnRun(mask.counts, mask.height, (column, top, bottom) => {
      const x = mask.x + column
      const [y0, y1] = [Math.max(0, mask.y + top), Math.min(height, mask.y + bottom)]
      if (x < 0 || x >= width || y0 >= y1) return
      if (x >> SHIFT !== at) {
        tiles.#writeStrip(at, strip)
        strip = []
        at = x >> SHIFT
      }
      strip.push(x, y0, y1)
    })
    tiles.#writeStrip(at, strip)
    return tiles
  }

  /** Whether pixel (x, y) is set. */
  has(x: number, y: number): boolean {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return false
    const tile = this.tile(x >> SHIFT, y >> SHIFT)
    return tile !== null && tile[((y & LOW) << SHIFT) | (x & LOW)] === 1
  }

  /** The tile in column tx and row ty of tiles. */
  tile(tx: number, ty: number): Tile {
    return this.#at(ty * this.columns + tx)
  }

  /** The tile's place in the image, cut at the image's border. */
  tileRect(index: number): Rect {
    const [x0, y0] = [(index % this.columns) * TILE, Math.floor(index / this.columns) * TILE]
    return { x0, y0, x1: Math.min(this.width, x0 + TILE), y1: Math.min(this.height, y0 + TILE) }
  }

  isFull(tile: Tile): boolean {
    return tile === FULL
  }

  /** Draws (value 1) or erases (0) with a brush from one place to another. Returns the pixels it may have changed. */
  stroke(
    from: { x: number; y: number },
    to: { x: number; y: number },
    brush: Brush,
    value: 0 | 1,
  ): Rect | null {
    return this.#write((visit) => {
      forEachBrushSpan(from, to, brush, this.#bounds(), visit)
    }, value)
  }

  /** Sets (value 1) or clears (0) the pixels of a polygon. Returns the pixels it may have changed. */
  fillPolygon(polygon: Polygon, value: 0 | 1): Rect | null {
    return this.#write((visit) => {
      forEachSpan(polygon, this.#bounds(), visit)
    }, value)
  }

  /** Sets (value 1) or clears (0) the pixels of another mask. Returns the pixels it may have changed. */
  fillMask(mask: MaskGeometry, value: 0 | 1): Rect | null {
    return this.#write((visit) => {
      forEachColumnRun(mask.counts, mask.height, (column, top, bottom) => {
        const x = mask.x + column
        const last = Math.min(this.height, mask.y + bottom)
        if (x < 0 || x >= this.width) return
        for (let y = Math.max(0, mask.y + top); y < last; y++) visit(y, x, x + 1)
      })
    }, value)
  }

  /** Ends the step: what was written stays, the next write begins a new step. Null when nothing was touched. */
  endStep(): TileChange | null {
    if (this.#before.size === 0) return null
    const before = new Map<number, Tile>()
    const after = new Map<number, Tile>()
    for (const [index, old] of this.#before) {
      const tile = (this.#tiles[index] = this.#compact(index))
      if (sameTile(old, tile)) {
        this.#tiles[index] = old
        continue
      }
      before.set(index, old)
      after.set(index, tile)
    }
    this.#before = new Map()
    return before.size === 0 ? null : { before, after }
  }

  /** Takes back what was written since the last step. Returns the pixels that changed. */
  cancelStep(): Rect | null {
    const dirty = this.#put(this.#before)
    this.#before = new Map()
    return dirty
  }

  /** Puts the tiles of a step back as they were before or after it. Returns the pixels that changed. */
  restore(change: TileChange, side: 'before' | 'after'): Rect | null {
    this.endStep()
    return this.#put(change[side])
  }

  /** The box of the set pixels, or null when none is set. */
  bbox(): Rect | null {
    let box: Rect | null = null
    this.#tiles.forEach((tile, index) => {
      if (tile !== null) box = unionRect(box, tile === FULL ? this.tileRect(index) : this.#boxIn(tile, index))
    })
    return box
  }

  /** The number of set pixels. */
  area(): number {
    let total = 0
    for (const tile of this.#tiles) {
      if (tile === FULL) total += TILE * TILE
      else if (tile !== null) for (let k = 0; k < tile.length; k++) total += tile[k]!
    }
    return total
  }

  /** The mask as it is stored: cropped run lengths. */
  toMask(): MaskGeometry {
    const box = this.bbox()
    if (box === null) return EMPTY_MASK
    const tall = box.y1 - box.y0
    const runs = new RunBuilder()
    for (let x = box.x0; x < box.x1; x++) this.#addColumn(x, box, (x - box.x0) * tall - box.y0, runs)
    const width = box.x1 - box.x0
    return { x: box.x0, y: box.y0, width, height: tall, counts: runs.finish(width * tall) }
  }

  #at(index: number): Tile {
    return this.#tiles[index] ?? null
  }

  #bounds(): Rect {
    return { x0: 0, y0: 0, x1: this.width, y1: this.height }
  }

  #write(spans: (visit: SpanVisitor) => void, value: 0 | 1): Rect | null {
    let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity]
    spans((row, from, to) => {
      if (from < x0) x0 = from
      if (to > x1) x1 = to
      if (row < y0) y0 = row
      if (row >= y1) y1 = row + 1
      this.#setSpan(row, from, to, value)
    })
    return x0 < x1 ? { x0, y0, x1, y1 } : null
  }

  #setSpan(row: number, x0: number, x1: number, value: 0 | 1): void {
    const first = (row >> SHIFT) * this.columns
    const line = (row & LOW) << SHIFT
    for (let tx = x0 >> SHIFT; tx <= (x1 - 1) >> SHIFT; tx++) {
      const tile = this.#writable(first + tx, value)
      if (tile === null) continue
      const left = tx << SHIFT
      tile.fill(value, line + Math.max(0, x0 - left), line + Math.min(TILE, x1 - left))
    }
  }

  /** Our own copy of a tile, or null when writing `value` there changes nothing. */
  #writable(index: number, value: 0 | 1): Uint8Array | null {
    const tile = this.#at(index)
    if (this.#before.has(index)) return tile
    if (value === 1 ? tile === FULL : tile === null) return null
    this.#before.set(index, tile)
    const copy = tile === null ? new Uint8Array(TILE * TILE) : tile.slice()
    this.#tiles[index] = copy
    return copy
  }

  #put(tiles: ReadonlyMap<number, Tile>): Rect | null {
    let dirty: Rect | null = null
    for (const [index, tile] of tiles) {
      this.#tiles[index] = tile
      dirty = unionRect(dirty, this.tileRect(index))
    }
    return dirty
  }

  #compact(index: number): Tile {
    const tile = this.#at(index)
    if (tile === null || tile === FULL) return tile
    if (!tile.includes(1)) return null
    return tile.includes(0) ? tile : FULL
  }

  /** Writes the runs of one column of tiles; a tile that all its columns cover becomes the FULL one. */
  #writeStrip(tx: number, strip: readonly number[]): void {
    const covered = new Uint16Array(this.rows)
    for (let k = 0; k < strip.length; k += 3) {
      const last = strip[k + 2]! >> SHIFT
      for (let ty = (strip[k + 1]! + LOW) >> SHIFT; ty < last; ty++) covered[ty]!++
    }
    covered.forEach((count, ty) => {
      if (count === TILE) this.#tiles[ty * this.columns + tx] = FULL
    })
    for (let k = 0; k < strip.length; k += 3) {
      this.#writeColumn(strip[k]!, strip[k + 1]!, strip[k + 2]!)
    }
  }

  #writeColumn(x: number, y0: number, y1: number): void {
    for (let y = y0; y < y1;) {
      const end = Math.min(y1, ((y >> SHIFT) + 1) << SHIFT)
      const index = (y >> SHIFT) * this.columns + (x >> SHIFT)
      const tile = (this.#tiles[index] ??= new Uint8Array(TILE * TILE))
      if (tile !== FULL) for (let j = y; j < end; j++) tile[((j & LOW) << SHIFT) | (x & LOW)] = 1
      y = end
    }
  }

  #addColumn(x: number, box: Rect, offset: number, runs: RunBuilder): void {
    for (let y = box.y0; y < box.y1;) {
      const end = Math.min(box.y1, ((y >> SHIFT) + 1) << SHIFT)
      const tile = this.tile(x >> SHIFT, y >> SHIFT)
      if (tile === FULL) runs.add(offset + y, offset + end)
      else if (tile !== null) addTileColumn(tile, x, y, end, offset, runs)
      y = end
    }
  }

  #boxIn(tile: Uint8Array, index: number): Rect | null {
    const { x0: left, y0: top, x1, y1 } = this.tileRect(index)
    let box: Rect | null = null
    for (let y = top; y < y1; y++) {
      const line = tile.subarray((y & LOW) << SHIFT, ((y & LOW) << SHIFT) + x1 - left)
      const first = line.indexOf(1)
      if (first < 0) continue
      box = unionRect(box, { x0: left + first, y0: y, x1: left + line.lastIndexOf(1) + 1, y1: y + 1 })
    }
    return box
  }
}

function addTileColumn(
  tile: Uint8Array,
  x: number,
  y0: number,
  y1: number,
  offset: number,
  runs: RunBuilder,
): void {
  let start = -1
  for (let y = y0; y < y1; y++) {
    const set = tile[((y & LOW) << SHIFT) | (x & LOW)] === 1
    if (set && start < 0) start = y
    if (set || start < 0) continue
    runs.add(offset + start, offset + y)
    start = -1
  }
  if (start >= 0) runs.add(offset + start, offset + y1)
}

function sameTile(a: Tile, b: Tile): boolean {
  if (a === b) return true
  if (a === null || b === null) return false
  for (let k = 0; k < a.length; k++) if (a[k] !== b[k]) return false
  return true
}
