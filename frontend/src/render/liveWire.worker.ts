/** Builds cost maps and the ways from an anchor away from the main thread; keeps the last window's costs. */
import { edgeCost } from '@/core/edgeCost'
import { shortestWays, snapTo } from '@/core/liveWire'
import { type PixelWindow, type WindowFrame, windowPixel } from '@/core/pixelWindow'
import type { ImagePoint } from '@/core/points'

export interface WireRequest {
  readonly request: number
  readonly anchor: ImagePoint
  readonly snap: number
  /** Null: the window of the last request. */
  readonly pixels: PixelWindow | null
}

export interface WireAnswer {
  readonly request: number
  readonly anchor: ImagePoint
  readonly step: Uint8Array
  /** Only for a new window. */
  readonly cost: Uint8Array | null
}

let held: { frame: WindowFrame; cost: Uint8Array } | null = null

self.onmessage = ({ data }: MessageEvent<WireRequest>) => {
  const { request, pixels, snap } = data
  if (pixels) held = { frame: pixels, cost: edgeCost(pixels.rgba, pixels) }
  if (!held) throw new Error('the first request for a live wire came without pixels')
  const { frame, cost } = held
  const anchor = snapTo(frame, cost, data.anchor, snap)
  const [column, row] = windowPixel(frame, anchor)
  const { step } = shortestWays(cost, frame.width, frame.height, row * frame.width + column)
  const answer: WireAnswer = { request, anchor, step, cost: pixels ? cost : null }
  self.postMessage(answer, { transfer: [step.buffer] })
}
