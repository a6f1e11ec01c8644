/** The histogram of what is on screen of the photograph, read from its layer: whatever painted it. */
import { type Histogram, histogramOf } from '@/core/adjust'

/** Sampled to so many pixels a side, by nearest neighbour: enough for 256 bars. */
const SIDE = 320

/** Null while there is nothing to look at. */
export function visibleHistogram(): Histogram | null {
  const layer = document.querySelector<HTMLCanvasElement>('.editor-canvas canvas[data-layer="image"]')
  if (!layer || layer.width === 0 || layer.height === 0) return null
  const sample = document.createElement('canvas')
  sample.width = Math.min(SIDE, layer.width)
  sample.height = Math.min(SIDE, layer.height)
  const context = sample.getContext('2d', { willReadFrequently: true })
  if (!context) return null
  context.imageSmoothingEnabled = false
  context.drawImage(layer, 0, 0, sample.width, sample.height)
  return histogramOf(context.getImageData(0, 0, sample.width, sample.height).data)
}
