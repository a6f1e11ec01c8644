/**
 * Asks the image worker for photographs; keeps the neighbours' ready so that the next image opens at once. Of a large image
 * only the overview is loaded: its `tiles` fetch the rest when they are looked at.
 */
import type { TilePlace, TilePyramid } from '@/core/tilePyramid'

import type { ImageRequest } from './image.worker'
import { type ImageLevels, releaseLevels } from './imageLevels'
import { TiledImage, TileGone } from './tiledImage'

interface Answer {
  readonly request: number
  readonly levels?: ImageLevels
  readonly bitmap?: ImageBitmap
  readonly status?: number
  readonly error?: string
}

interface Pending {
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: Error) => void
}

/** What is known of an image's pixels: the file, or the tiles of a large one. */
export interface PictureSource {
  readonly width: number
  readonly height: number
  readonly file: string
  readonly tiles: { readonly size: number; readonly levels: number; readonly url: string } | null
}

/** The tiles are gone, or not ready: not this tile alone. */
const GONE = new Set([401, 403, 404, 409, 503])

export class ImageLoader {
  private worker: Worker | null = null
  private next = 0
  private readonly pending = new Map<number, Pending>()
  private readonly held = new Map<string, Promise<ImageLevels>>()

  /** `capacity`: how many decoded photographs are kept (the one on screen and its neighbours). */
  constructor(private readonly capacity = 3) {}

  /** The photograph in levels, or of a large image its overview with `tiles`. */
  open(source: PictureSource): Promise<ImageLevels> {
    const { tiles } = source
    if (!tiles) return this.load(source.file)
    const pyramid = { width: source.width, height: source.height, size: tiles.size, levels: tiles.levels }
    return this.once(tiles.url, () => this.openTiled(pyramid, tiles.url))
  }

  load(url: string): Promise<ImageLevels> {
    return this.once(url, async () => {
      const { levels } = await this.ask(url, null)
      return levels!
    })
  }

  dispose(): void {
    this.worker?.terminate()
    this.worker = null
    for (const levels of this.held.values()) void levels.then(releaseLevels).catch(() => undefined)
    this.held.clear()
  }

  private once(url: string, make: () => Promise<ImageLevels>): Promise<ImageLevels> {
    let levels = this.held.get(url)
    if (levels) this.held.delete(url)
    levels ??= make()
    this.held.set(url, levels)
    levels.catch(() => this.held.delete(url))
    this.shrink()
    return levels
  }

  private async openTiled(pyramid: TilePyramid, url: string): Promise<ImageLevels> {
    const fetch = (place: TilePlace, signal: AbortSignal) => this.tile(url, place, signal)
    const overview = await fetch({ level: 0, column: 0, row: 0 }, new AbortController().signal)
    const tiles = new TiledImage<ImageBitmap>(pyramid, {
      fetch,
      sizeOf: (bitmap) => bitmap,
      release: (bitmap) => bitmap.close(),
    })
    const { width, height } = pyramid
    return { width, height, levels: [{ bitmap: overview, scale: overview.width / width }], tiles }
  }

  private async tile(template: string, place: TilePlace, signal: AbortSignal): Promise<ImageBitmap> {
    const url = template
      .replace('{z}', String(place.level))
      .replace('{x}', String(place.column))
      .replace('{y}', String(place.row))
    const { bitmap } = await this.ask(url, signal)
    return bitmap!
  }

  /** `signal`: it is a tile, and may be aborted. */
  private ask(url: string, signal: AbortSignal | null): Promise<Answer> {
    const worker = (this.worker ??= this.start())
    const request = ++this.next
    const answer = new Promise<Answer>((resolve, reject) => this.pending.set(request, { resolve, reject }))
    const post = (message: ImageRequest) => worker.postMessage(message)
    post({ request, url: new URL(url, location.href).href, tile: signal !== null })
    signal?.addEventListener('abort', () => post({ abort: request }), { once: true })
    return answer
  }

  private start(): Worker {
    const worker = new Worker(new URL('./image.worker.ts', import.meta.url), { type: 'module' })
    worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      const pending = this.pending.get(data.request)
      this.pending.delete(data.request)
      const words = data.error ?? 'the image could not be read'
      if (data.levels ?? data.bitmap) pending?.resolve(data)
      else pending?.reject(GONE.has(data.status ?? 0) ? new TileGone(words) : new Error(words))
    }
    return worker
  }

  private shrink(): void {
    for (const [url, levels] of this.held) {
      if (this.held.size <= this.capacity) return
      this.held.delete(url)
      void levels.then(releaseLevels).catch(() => undefined)
    }
  }
}
