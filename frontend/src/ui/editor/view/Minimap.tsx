/** The overview map: the photograph, the objects, and the frame of what is on screen; a click or a drag leads there. */
import { type PointerEvent, useEffect, useMemo, useRef } from 'react'
import { useTranslation } from 'react-i18next'

import { centredOn, frameOn, type MapSize, mapSize, showsAll } from '@/core/minimap'
import { drawOverview } from '@/render/overview'
import { isShown } from '@/tools/visibility'

import type { EditorSession } from '../session'
import { usePart } from '../use'
import { shownColours } from './colours'

const ROOM = { width: 188, height: 140 }
/** Objects are drawn anew at most this often. */
const EVERY_MS = 400

interface MinimapProps {
  readonly session: EditorSession
  /** A small picture of the photograph. */
  readonly picture: string
}

export function Minimap({ session, picture }: MinimapProps) {
  const wanted = usePart(session.options, (options) => options.minimap)
  const all = usePart(session.view, (view) => showsAll(view.viewport))
  return wanted && !all ? <Map session={session} picture={picture} /> : null
}

function Map({ session, picture }: MinimapProps) {
  const { t } = useTranslation('view')
  const { width, height } = session.given.document
  const size = useMemo(() => mapSize({ width, height }, ROOM), [width, height])
  const view = usePart(session.view, (state) => state.viewport)
  const canvas = useOverview(session, size)
  const frame = frameOn(view, size)
  const lead = (event: PointerEvent<HTMLDivElement>) => {
    const { left, top } = event.currentTarget.getBoundingClientRect()
    session.setViewport(
      centredOn(session.view.get().viewport, size, event.clientX - left, event.clientY - top),
    )
  }
  return (
    <div
      className="minimap"
      role="img"
      aria-label={t('minimap')}
      data-testid="minimap"
      style={{ width: size.width, height: size.height }}
      onPointerDown={(event) => {
        event.preventDefault()
        event.currentTarget.setPointerCapture(event.pointerId)
        lead(event)
      }}
      onPointerMove={(event) => event.buttons === 1 && lead(event)}
    >
      <img src={picture} alt="" draggable={false} />
      <canvas ref={canvas} aria-hidden />
      <span
        className="minimap-frame"
        style={{
          transform: `translate(${frame.x0}px, ${frame.y0}px)`,
          width: Math.max(3, frame.x1 - frame.x0),
          height: Math.max(3, frame.y1 - frame.y0),
        }}
      />
    </div>
  )
}

/** Draws the objects when they change, and not more often than `EVERY_MS`; panning costs nothing of it. */
function useOverview(session: EditorSession, size: MapSize) {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    const context = canvas.current?.getContext('2d')
    if (!context) return undefined
    let timer: ReturnType<typeof setTimeout> | null = null
    const draw = () => {
      timer = null
      const state = session.state.get()
      const records = session.store.ordered().filter((record) => isShown(state, record))
      drawOverview(context, records, {
        size,
        dpr: window.devicePixelRatio,
        colours: shownColours(state.classes, session.options.get()),
      })
    }
    const ask = () => {
      timer ??= setTimeout(draw, EVERY_MS)
    }
    const parts = () => {
      const { classes, hidden, hiddenClasses, solo } = session.state.get()
      const { colourBy, safeColours } = session.options.get()
      return [classes, hidden, hiddenClasses, solo, colourBy, safeColours]
    }
    let seen = parts()
    const onPart = () => {
      const now = parts()
      if (now.some((part, k) => part !== seen[k])) ask()
      seen = now
    }
    draw()
    const ends = [
      session.store.subscribe(ask),
      session.state.subscribe(onPart),
      session.options.subscribe(onPart),
    ]
    return () => {
      ends.forEach((end) => end())
      if (timer !== null) clearTimeout(timer)
    }
  }, [session, size])
  return canvas
}
