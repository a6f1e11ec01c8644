/**
 * `window.__contorno`: a read-only view of the open editor for browser tests, benchmarks and support. It hands out
 * copies and functions that only read; nothing can be changed through it.
 */
import { imagePoint } from '@/core/points'
import { imageToScreen } from '@/core/viewport'
import { recordToWire } from '@/core/wire'

import type { Opened } from './open'

export interface Probe {
  /** True when the document is open, its first tiles are painted and the photograph is there (or has failed). */
  ready: boolean
  /** The image that is open. */
  readonly image: string
  /** The objects as a change set would carry them, bottom first. */
  readonly objects: () => unknown[]
  readonly viewport: () => { scale: number; offsetX: number; offsetY: number; width: number; height: number }
  /** Where an image point lies in the window, CSS pixels. */
  readonly imageToScreen: (x: number, y: number) => { x: number; y: number }
  readonly saveState: () => { kind: string; pending: number; blocked: string | null }
  readonly state: () => { tool: string; activeClass: number | null; selection: string[] }
  /** What a model proposes: ids of what is open, the surest first, and what became of the rest. */
  readonly review: () => Readonly<Record<'open' | 'above', readonly string[]>> &
    Readonly<Record<'accepted' | 'rejected' | 'there', number>> & { readonly chosen: string | null }
  /** Whether the photograph is on screen as fine as it can be. */
  readonly sharp: () => boolean
  /** Resolves when every visible tile shows the newest state. */
  readonly settled: () => Promise<void>
}

declare global {
  interface Window {
    __contorno?: Probe
  }
}

export function exposeProbe({ session, queue }: Opened): () => void {
  const { width, height } = session.given.document
  const canvas = () =>
    document.querySelector('.editor-canvas')?.getBoundingClientRect() ?? { left: 0, top: 0 }
  const probe: Probe = {
    ready: false,
    image: session.given.document.imageId,
    objects: () => session.store.ordered().map((record) => recordToWire(record, width, height)),
    viewport: () => ({ ...session.view.get().viewport }),
    imageToScreen: (x, y) => {
      const at = imageToScreen(session.view.get().viewport, imagePoint(x, y))
      const { left, top } = canvas()
      return { x: at.x + left, y: at.y + top }
    },
    saveState: () => ({ kind: queue.state.kind, pending: queue.state.pending, blocked: queue.state.blocked }),
    state: () => {
      const { tool, activeClass, selection } = session.state.get()
      return { tool, activeClass, selection: [...selection] }
    },
    review: () => {
      const { open, above, accepted, rejected, there, chosen } = session.review.state.get()
      const ids = open.map(({ record }) => record.id)
      return { open: ids, above: ids.slice(0, above), accepted, rejected, there, chosen }
    },
    sharp: () => session.isSharp(),
    settled: () => session.whenSettled(),
  }
  window.__contorno = probe
  const ready = async () => {
    await session.whenSettled()
    await session.whenImage()
    probe.ready = true
  }
  void ready()
  return () => {
    if (window.__contorno === probe) delete window.__contorno
  }
}
