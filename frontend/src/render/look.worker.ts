/** Makes a bitmap with a look, away from the main thread. */
import { applyLook } from '@/core/adjust'

import type { LookAnswer, LookRequest } from './look'

/** Rows at a time, so that a large picture needs little room beside its own. */
const BAND = 512

self.onmessage = ({ data: { request, bitmap, look } }: MessageEvent<LookRequest>) => {
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height)
  const context = canvas.getContext('2d', { willReadFrequently: true })
  if (!context) return
  context.drawImage(bitmap, 0, 0)
  bitmap.close()
  for (let y = 0; y < canvas.height; y += BAND) {
    const pixels = context.getImageData(0, y, canvas.width, Math.min(BAND, canvas.height - y))
    applyLook(pixels.data, look)
    context.putImageData(pixels, 0, y)
  }
  const answer: LookAnswer = { request, bitmap: canvas.transferToImageBitmap() }
  self.postMessage(answer, { transfer: [answer.bitmap] })
}
