/**
 * The tiles of a large image: which are asked for, which are kept, and what there is to draw for a view. Bookkeeping over
 * bitmaps that it treats as opaque: it knows no canvas, no worker and no network, so that all of it can be tested.
 *
 * What is on screen is asked for first, nearest to the middle, then a ring around it and the level above; what leaves the
 * screen is aborted. What has not come yet is shown from a coarser level, or from finer tiles that are still there.
 */
import type { Rect } from '@/core/points'
import {
  childrenOf,
  levelForScale,
  parentOf,
  stepOf,
  tileBounds,
  type TilePlace,
  type TilePyramid,
  tilesIn,
} from '@/core/tilePyramid'

/** Fetches and decodes; rejects with `TileGone` when another try would not help. */
export type FetchTile<B> = (place: TilePlace, signal: AbortSignal) => Promise<B>

/** The server has no such tile (now): asking again for the same would not help. */
export class TileGone extends Error {}

export interface TiledOptions<B> {
  readonly fetch: FetchTile<B>
  readonly sizeOf: (bitmap: B) => { readonly width: number; readonly height: number }
  readonly release: (bitmap: B) => void
  /** Bytes of decoded tiles that are kept. */
  readonly capacity?: number
  /** Requests on their way at once. */
  readonly atOnce?: number
  readonly after?: (milliseconds: number, run: () => void) => void
}

/** A bitmap, or a part of it (in its own pixels), and where it belongs (image pixels). */
export interface Piece<B> {
  readonly bitmap: B
  readonly from: Rect
  readonly to: Rect
}

interface Held<B> {
  readonly bitmap: B
  readonly bytes: number
}

const CAPACITY = 192 * 1024 * 1024
const AT_ONCE = 8
const MOST_TRIES = 6
const FIRST_WAIT_MS = 400

const nameOf = ({ level, column, row }: TilePlace): string => `${level}/${column}_${row}`

export class TiledImage<B> {
  /** Called when something new can be drawn. */
  onChange: () => void = () => undefined
  /** Called when the server has no tiles (any more): they are being made again. */
  onGone: () => void = () => undefined
  /** In the order of their last use, the longest ago first. */
  private readonly held = new Map<string, Held<B>>()
  private bytes = 0
  private readonly asked = new Map<string, AbortController>()
  private readonly failed = new Map<string, { tries: number; waits: boolean }>()
  private wanted: readonly TilePlace[] = []
  /** Names of `wanted`: never let go of, lest they are asked for again and again. */
  private needed = new Set<string>()
  private closed = false

  constructor(
    readonly pyramid: TilePyramid,
    private readonly options: TiledOptions<B>,
  ) {}

  /** Bytes of decoded tiles that are kept now. */
  get size(): number {
    return this.bytes
  }

  /** Requests on their way. */
  get pending(): number {
    return this.asked.size
  }

  /** Says what is on screen: `scale` device pixels an image pixel. Asks for what is missing, aborts what is not needed. */
  look(scale: number, slack: number, visible: Rect): void {
    if (this.closed) return
    const level = levelForScale(this.pyramid, scale, slack)
    const shown = tilesIn(this.pyramid, level, visible)
    const margin = this.pyramid.size * stepOf(this.pyramid, level)
    const around = {
      x0: visible.x0 - margin / 2,
      y0: visible.y0 - margin / 2,
      x1: visible.x1 + margin / 2,
      y1: visible.y1 + margin / 2,
    }
    const above = level > 1 ? tilesIn(this.pyramid, level - 1, visible) : []
    const seen = new Set<string>()
    this.wanted = [...shown, ...above, ...tilesIn(this.pyramid, level, around)].filter((place) => {
      const name = nameOf(place)
      if (seen.has(name) || place.level === 0) return false // level 0 is the overview, which is there
      seen.add(name)
      return true
    })
    this.needed = seen
    for (const [name, request] of this.asked) if (!seen.has(name)) this.abort(name, request)
    this.pump()
  }

  /** Whether every tile on screen is there at its level. */
  isComplete(scale: number, visible: Rect): boolean {
    const level = levelForScale(this.pyramid, scale, 1)
    return level === 0 || tilesIn(this.pyramid, level, visible).every((place) => this.held.has(nameOf(place)))
  }

  /** What to draw over the overview (level 0), which is not among the pieces. No two of them overlap. */
  pieces(scale: number, slack: number, visible: Rect): Piece<B>[] {
    const level = levelForScale(this.pyramid, scale, slack)
    if (level === 0) return []
    return tilesIn(this.pyramid, level, visible).flatMap((place) => this.piecesFor(place))
  }

  /** Fetches the tiles of a part and hands each over as it comes: for reading pixels, not for the screen. */
  async each(level: number, rect: Rect, take: (piece: Piece<B>) => void): Promise<void> {
    await Promise.all(
      tilesIn(this.pyramid, level, rect).map(async (place) => {
        const name = nameOf(place)
        const there = this.held.get(name)
        if (there) this.touch(name, there)
        const bitmap = there?.bitmap ?? (await this.options.fetch(place, new AbortController().signal))
        take(this.piece(bitmap, place, tileBounds(this.pyramid, place)))
        if (!there) this.keep(place, bitmap)
      }),
    )
  }

  dispose(): void {
    this.closed = true
    this.wanted = []
    for (const [name, request] of this.asked) this.abort(name, request)
    for (const { bitmap } of this.held.values()) this.options.release(bitmap)
    this.held.clear()
    this.bytes = 0
  }

  private piecesFor(place: TilePlace): Piece<B>[] {
    const bounds = tileBounds(this.pyramid, place)
    const own = this.use(place)
    if (own !== null) return [this.piece(own, place, bounds)]
    const finer = childrenOf(this.pyramid, place)
    if (finer.length > 0 && finer.every((child) => this.held.has(nameOf(child))))
      return finer.map((child) => this.piece(this.use(child)!, child, tileBounds(this.pyramid, child)))
    for (let coarser = parentOf(place); coarser !== null && coarser.level > 0; coarser = parentOf(coarser)) {
      const bitmap = this.use(coarser)
      if (bitmap !== null) return [this.piece(bitmap, coarser, bounds)]
    }
    return []
  }

  /** The part of a tile's bitmap that covers `to`. */
  private piece(bitmap: B, place: TilePlace, to: Rect): Piece<B> {
    const step = stepOf(this.pyramid, place.level)
    const side = this.pyramid.size * step
    const [left, top] = [place.column * side, place.row * side]
    const from = {
      x0: (to.x0 - left) / step,
      y0: (to.y0 - top) / step,
      x1: (to.x1 - left) / step,
      y1: (to.y1 - top) / step,
    }
    return { bitmap, from, to }
  }

  private use(place: TilePlace): B | null {
    const name = nameOf(place)
    const there = this.held.get(name)
    if (!there) return null
    this.touch(name, there)
    return there.bitmap
  }

  private touch(name: string, there: Held<B>): void {
    this.held.delete(name)
    this.held.set(name, there)
  }

  private pump(): void {
    const most = this.options.atOnce ?? AT_ONCE
    for (const place of this.wanted) {
      if (this.asked.size >= most) return
      const name = nameOf(place)
      const failure = this.failed.get(name)
      if (this.held.has(name) || this.asked.has(name) || failure?.waits) continue
      if (failure && failure.tries >= MOST_TRIES) continue
      this.ask(place, name)
    }
  }

  private ask(place: TilePlace, name: string): void {
    const request = new AbortController()
    this.asked.set(name, request)
    this.options.fetch(place, request.signal).then(
      (bitmap) => this.came(place, name, request, bitmap),
      (error: unknown) => this.missed(name, request, error),
    )
  }

  private came(place: TilePlace, name: string, request: AbortController, bitmap: B): void {
    if (this.asked.get(name) === request) this.asked.delete(name)
    this.failed.delete(name)
    this.keep(place, bitmap)
    this.pump()
    if (!this.closed) this.onChange()
  }

  private keep(place: TilePlace, bitmap: B): void {
    const name = nameOf(place)
    if (this.closed || this.held.has(name)) {
      if (this.held.get(name)?.bitmap !== bitmap) this.options.release(bitmap)
      return
    }
    const { width, height } = this.options.sizeOf(bitmap)
    const bytes = 4 * width * height
    this.held.set(name, { bitmap, bytes })
    this.bytes += bytes
    this.shrink()
  }

  private missed(name: string, request: AbortController, error: unknown): void {
    if (this.asked.get(name) !== request) return // aborted
    this.asked.delete(name)
    const tries = (this.failed.get(name)?.tries ?? 0) + 1
    if (error instanceof TileGone) {
      this.failed.set(name, { tries: MOST_TRIES, waits: false })
      this.onGone()
    } else {
      this.failed.set(name, { tries, waits: true })
      const after = this.options.after ?? ((milliseconds, run) => void setTimeout(run, milliseconds))
      after(FIRST_WAIT_MS * 2 ** (tries - 1), () => {
        this.failed.set(name, { tries, waits: false })
        if (!this.closed) this.pump()
      })
    }
    this.pump()
  }

  private abort(name: string, request: AbortController): void {
    this.asked.delete(name)
    request.abort()
  }

  /** Lets go of what was used longest ago, but of nothing that is on screen or around it. */
  private shrink(): void {
    const most = this.options.capacity ?? CAPACITY
    for (const [name, { bitmap, bytes }] of this.held) {
      if (this.bytes <= most) return
      if (this.needed.has(name)) continue
      this.held.delete(name)
      this.bytes -= bytes
      this.options.release(bitmap)
    }
  }
}
