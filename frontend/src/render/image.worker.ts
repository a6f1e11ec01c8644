/** Fetches and decodes photographs, and tiles of large ones, away from the main thread. */
import { makeLevels } from './imageLevels'

export type ImageRequest =
  { readonly request: number; readonly url: string; readonly tile?: boolean } | { readonly abort: number }

const running = new Map<number, AbortController>()

self.onmessage = async ({ data }: MessageEvent<ImageRequest>) => {
  if ('abort' in data) {
    running.get(data.abort)?.abort()
    running.delete(data.abort)
    return
  }
  const { request, url, tile } = data
  const controller = new AbortController()
  running.set(request, controller)
  let status = 0
  try {
    const response = await fetch(url, { credentials: 'same-origin', signal: controller.signal })
    status = response.status
    if (!response.ok) throw new Error(`HTTP ${response.status}`)
    const blob = await response.blob()
    if (tile) {
      const bitmap = await createImageBitmap(blob)
      self.postMessage({ request, bitmap }, { transfer: [bitmap] })
    } else {
      const levels = await makeLevels(blob)
      self.postMessage({ request, levels }, { transfer: levels.levels.map((level) => level.bitmap) })
    }
  } catch (error) {
    self.postMessage({ request, status, error: error instanceof Error ? error.message : String(error) })
  } finally {
    running.delete(request)
  }
}
