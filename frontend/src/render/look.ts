/**
 * The photograph in the look that a person chose, as bitmaps made once: panning then costs what it costs without a
 * look. Until a bitmap is made, and while a slider moves, the layer has a CSS filter instead, which the browser applies
 * to every frame (60 ms for 1440 x 900 in software). Owns the made bitmaps; not where they are drawn.
 */
import type { PhotoLook } from '@/core/adjust'

/** The filter that shows the same look; its element is made by the page. */
export const LOOK_FILTER = 'url("#photo-filter")'
/** A look that is still changing is not made into bitmaps. */
const CALM_MS = 180
/** Larger bitmaps keep the filter: making them would take seconds and hundreds of megabytes. */
const MOST_PIXELS = 40_000_000

/** So many are kept in all: 200 MB. */
const KEPT_PIXELS = 50_000_000

export interface LookRequest {
  readonly request: number
  readonly bitmap: ImageBitmap
  readonly look: PhotoLook
}

export interface LookAnswer {
  readonly request: number
  readonly bitmap: ImageBitmap
}

export class Looks {
  private worker: Worker | null = null
  private look: PhotoLook | null = null
  /** Oldest first. */
  private made = new Map<ImageBitmap, ImageBitmap>()
  private pixels = 0
  private changedAt = 0
  private asked = new Map<number, ImageBitmap>()
  private waiting = new Set<ImageBitmap>()
  private timer: ReturnType<typeof setTimeout> | null = null
  private next = 0

  /** `onMade`: something can be drawn without the filter now. */
  constructor(private readonly onMade: () => void) {}

  /** What to draw in place of the bitmap; null while it has to be drawn as it is, under the filter. */
  of(bitmap: ImageBitmap, look: PhotoLook | null): ImageBitmap | null {
    if (look !== this.look) this.change(look)
    if (!look) return bitmap
    const made = this.made.get(bitmap)
    if (!made) this.ask(bitmap)
    return made ?? null
  }

  dispose(): void {
    this.change(null)
    this.worker?.terminate()
    this.worker = null
  }

  private change(look: PhotoLook | null): void {
    this.look = look
    for (const made of this.made.values()) made.close()
    this.made = new Map()
    this.pixels = 0
    this.changedAt = performance.now()
    this.asked = new Map()
    this.waiting = new Set()
    if (this.timer !== null) clearTimeout(this.timer)
    this.timer = null
  }

  private ask(bitmap: ImageBitmap): void {
    if (bitmap.width * bitmap.height > MOST_PIXELS || [...this.asked.values()].includes(bitmap)) return
    this.waiting.add(bitmap)
    const wait = Math.max(0, this.changedAt + CALM_MS - performance.now())
    this.timer ??= setTimeout(() => this.send(), wait)
  }

  private send(): void {
    this.timer = null
    const { look, waiting } = this
    this.waiting = new Set()
    if (!look) return
    this.worker ??= this.start()
    for (const bitmap of waiting) {
      if (bitmap.width === 0) continue // closed meanwhile: the image is no longer shown
      const message: LookRequest = { request: ++this.next, bitmap, look }
      this.asked.set(message.request, bitmap)
      this.worker.postMessage(message)
    }
  }

  /** Tiles come and go with the view; the latest are kept. */
  private shrink(latest: ImageBitmap): void {
    for (const [source, made] of this.made) {
      if (this.pixels <= KEPT_PIXELS || source === latest) return
      this.pixels -= made.width * made.height
      this.made.delete(source)
      made.close()
    }
  }

  private start(): Worker {
    const worker = new Worker(new URL('./look.worker.ts', import.meta.url), { type: 'module' })
    worker.onmessage = ({ data }: MessageEvent<LookAnswer>) => {
      const source = this.asked.get(data.request)
      if (!source) return data.bitmap.close() // of a look before this one
      this.asked.delete(data.request)
      this.made.set(source, data.bitmap)
      this.pixels += data.bitmap.width * data.bitmap.height
      this.shrink(source)
      this.onMade()
    }
    return worker
  }
}
