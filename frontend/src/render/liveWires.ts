/** Asks the live-wire worker for ways along edges. A window that repeats is not read nor sent again. */
import { LiveWire } from '@/core/liveWire'
import type { PixelWindow, WindowFrame } from '@/core/pixelWindow'
import type { ImagePoint, Rect } from '@/core/points'

import type { WireAnswer, WireRequest } from './liveWire.worker'

interface Question {
  readonly anchor: ImagePoint
  readonly snap: number
  readonly rect: Rect
  readonly maxSide: number
}

interface Pending {
  readonly frame: WindowFrame
  readonly key: string
  readonly resolve: (wire: LiveWire) => void
  readonly reject: (error: Error) => void
}

type ReadPixels = (rect: Rect, maxSide: number) => Promise<PixelWindow>

export class LiveWires {
  private worker: Worker | null = null
  private next = 0
  private readonly pending = new Map<number, Pending>()
  /** The window whose costs the worker holds, or will hold when it has come to it. */
  private sent: { readonly key: string; readonly frame: WindowFrame } | null = null
  private costs: { readonly key: string; readonly cost: Uint8Array } | null = null

  constructor(private readonly readPixels: ReadPixels) {}

  async begin({ anchor, snap, rect, maxSide }: Question): Promise<LiveWire> {
    const key = [rect.x0, rect.y0, rect.x1, rect.y1, maxSide].join()
    if (this.sent?.key === key) return this.ask(this.sent.frame, key, { anchor, snap, pixels: null })
    const pixels = await this.readPixels(rect, maxSide)
    const { width, height } = pixels
    const frame = { rect: pixels.rect, width, height }
    this.sent = { key, frame }
    return this.ask(frame, key, { anchor, snap, pixels })
  }

  /** Another photograph: what is known of the old one is of no use. */
  forget(): void {
    this.sent = null
  }

  dispose(): void {
    this.worker?.terminate()
    this.worker = null
    for (const { reject } of this.pending.values()) reject(new Error('the editor was closed'))
    this.pending.clear()
  }

  private ask(frame: WindowFrame, key: string, question: Omit<WireRequest, 'request'>): Promise<LiveWire> {
    const worker = (this.worker ??= this.start())
    const request = ++this.next
    const { pixels } = question
    const answer = new Promise<LiveWire>((resolve, reject) =>
      this.pending.set(request, { frame, key, resolve, reject }),
    )
    worker.postMessage({ ...question, request }, pixels ? [pixels.rgba.buffer] : [])
    return answer
  }

  private start(): Worker {
    const worker = new Worker(new URL('./liveWire.worker.ts', import.meta.url), { type: 'module' })
    worker.onmessage = ({ data }: MessageEvent<WireAnswer>) => this.answered(data)
    worker.onerror = () => {
      this.dispose()
      this.sent = null
    }
    return worker
  }

  private answered({ request, anchor, step, cost }: WireAnswer): void {
    const pending = this.pending.get(request)
    if (!pending) return
    this.pending.delete(request)
    if (cost) this.costs = { key: pending.key, cost }
    if (this.costs?.key !== pending.key)
      return pending.reject(new Error('the window of a live wire was lost'))
    pending.resolve(new LiveWire(pending.frame, this.costs.cost, step, anchor))
  }
}
