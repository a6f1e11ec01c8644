/** Fetches and decodes photographs away from the main thread. */
import { makeLevels } from './imageLevels'

export interface ImageRequest {
  readonly request: number
  readonly url: string
}

self.onmessage = async ({ data }: MessageEvent<ImageRequest>) => {
  const { request, url } = data
  try {
    const response = await fetch(url, { credentials: 'same-origin' })
    if (!response.ok) throw new Error(`HTTP ${response.status}`)
    const levels = await makeLevels(await response.blob())
    self.postMessage({ request, levels }, { transfer: levels.levels.map((level) => level.bitmap) })
  } catch (error) {
    self.postMessage({ request, error: error instanceof Error ? error.message : String(error) })
  }
}
