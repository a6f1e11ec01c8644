/** The map of uncertainty over the image: fetched when it is wanted, coloured once, shown by the renderer. */
import { useEffect, useState } from 'react'

import { paintHeat } from '@/core/heat'
import { request } from '@/sync/client'
import { overlayUrl } from '@/sync/predictions'
import { usePreference } from '@/ui/app/usePreference'

import type { EditorSession } from '../session'
import { usePart } from '../use'

/** A map is coarser than its image; one that is not is made so, for it takes 4 bytes a pixel. */
const MOST_SIDE = 2048

interface Coloured {
  readonly prediction: string
  readonly picture: HTMLCanvasElement
}

export function useHeat(session: EditorSession): void {
  const [{ heat, heatOpacity }] = usePreference('editor.prelabels')
  const prediction = usePart(session.review.state, (state) =>
    state.prediction?.overlay ? state.prediction.id : null,
  )
  const [coloured, setColoured] = useState<Coloured | null>(null)
  const wanted = heat ? prediction : null
  useEffect(() => {
    if (wanted === null || coloured?.prediction === wanted) return undefined
    const gone = new AbortController()
    fetchMap(wanted, gone.signal).then(
      (picture) => setColoured({ prediction: wanted, picture }),
      () => gone.signal.aborted || session.hint({ key: 'hint.noHeat', tone: 'warning' }),
    )
    return () => gone.abort()
  }, [wanted, coloured, session])
  useEffect(() => {
    const ready = wanted !== null && coloured?.prediction === wanted
    session.setHeat(ready ? { picture: coloured.picture, opacity: heatOpacity } : null)
  }, [session, wanted, coloured, heatOpacity])
}

async function fetchMap(prediction: string, signal: AbortSignal): Promise<HTMLCanvasElement> {
  const answer = await request(overlayUrl(prediction), { accept: 'image/png', signal })
  const grey = await createImageBitmap(await answer.blob())
  const shrink = Math.min(1, MOST_SIDE / Math.max(grey.width, grey.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round(grey.width * shrink))
  canvas.height = Math.max(1, Math.round(grey.height * shrink))
  const context = canvas.getContext('2d')
  if (!context) throw new Error('this browser gives no 2D context')
  context.drawImage(grey, 0, 0, canvas.width, canvas.height)
  grey.close()
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height)
  paintHeat(pixels.data)
  context.putImageData(pixels, 0, 0)
  return canvas
}
