/** Asks the image worker for photographs; keeps the neighbours' ready so that the next image opens at once. */
import type { ImageLevels } from './imageLevels'
import { releaseLevels } from './imageLevels'

interface Answer {
  readonly request: number
  readonly levels?: ImageLevels
  readonly error?: string
}

interface Pending {
  readonly resolve: (levels: ImageLevels) => void
  readonly reject: (error: Error) => void
}

export class ImageLoader {
  private worker: Worker | null = null
  private next = 0
  private readonly pending = new Map<number, Pending>()
  private readonly held = new Map<string, Promise<ImageLevels>>()

  /** `capacity`: how many decoded photographs are kept (the one on screen and its neighbours). */
  constructor(private readonly capacity = 3) {}

  load(url: string): Promise<ImageLevels> {
    let levels = this.held.get(url)
    if (levels) this.held.delete(url)
    levels ??= this.ask(url)
    this.held.set(url, levels)
    levels.catch(() => this.held.delete(url))
    this.shrink()
    return levels
  }

  dispose(): void {
    this.worker?.terminate()
    this.worker = null
    for (const levels of this.held.values()) void levels.then(releaseLevels).catch(() => undefined)
    this.held.clear()
  }

  private ask(url: string): Promise<ImageLevels> {
    this.worker ??= this.start()
    const request = ++this.next
    const answer = new Promise<ImageLevels>((resolve, reject) =>
      this.pending.set(request, { resolve, reject }),
    )
    this.worker.postMessage({ request, url: new URL(url, location.href).href })
    return answer
  }

  private start(): Worker {
    const worker = new Worker(new URL('./image.worker.ts', import.meta.url), { type: 'module' })
    worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      const pending = this.pending.get(data.request)
      this.pending.delete(data.request)
      if (data.levels) pending?.resolve(data.levels)
      else pending?.reject(new Error(data.error ?? 'the image could not be read'))
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
