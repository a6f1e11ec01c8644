/**
 * Has the open image, and then the next two in line, made ready for click to segment while a person looks at the first.
 * Begins when the photograph is on screen, so that opening an image is never slower for it.
 */
import { useEffect } from 'react'

import { prepareAhead } from '@/sync/clicks'
import { getNeighbours, type Neighbours } from '@/sync/documentApi'

import type { Opened } from './open'

/** Who leafs on within this time does not work on the image. */
const SETTLED_MS = 700

interface Place {
  readonly image: string
  /** The list's query string, by which the next ones are found. */
  readonly filters: string
  readonly neighbours: Neighbours | undefined
  readonly opened: Opened | null
  readonly readOnly: boolean
}

export function useClicksAhead({ image, filters, neighbours, opened, readOnly }: Place): void {
  const next = neighbours?.next
  useEffect(() => {
    if (!opened || readOnly || next === undefined) return undefined
    const gone = new AbortController()
    const timer = setTimeout(() => {
      void opened.session.whenImage().then(() => inLine(image, next, filters, gone.signal))
    }, SETTLED_MS)
    return () => {
      clearTimeout(timer)
      gone.abort()
    }
  }, [image, next, filters, opened, readOnly])
}

async function inLine(
  image: string,
  next: string | null,
  filters: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    await prepareAhead([image], signal)
    if (next === null) return
    await prepareAhead([next], signal)
    const after = await getNeighbours(next, filters)
    if (after.next !== null) await prepareAhead([after.next], signal)
  } catch {
    // the image was left, or the server is away: whoever clicks is told
  }
}
