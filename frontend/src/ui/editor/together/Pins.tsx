/**
 * The pins of comments over the canvas. Panning moves one element; zooming moves the pins within it, outside React, so
 * that hundreds of them cost no frame. Also takes the click that says where a new comment goes.
 */
import { MessageSquarePlus } from 'lucide-react'
import { type MouseEvent, useEffect, useLayoutEffect, useMemo, useRef } from 'react'
import { useTranslation } from 'react-i18next'

import { imagePoint, screenPoint } from '@/core/points'
import { screenToImage } from '@/core/viewport'
import { personName } from '@/sync/api'
import type { CommentThread } from '@/sync/togetherApi'

import type { Opened } from '../open'
import type { EditorSession } from '../session'
import { useObjects, useObservable } from '../use'
import { placeOf } from './place'

interface PinsProps {
  readonly opened: Opened
  readonly threads: readonly CommentThread[]
  readonly onOpen: (thread: string) => void
  readonly onPlace: (point: readonly [number, number]) => void
}

export function Pins({ opened, threads, onOpen, onPlace }: PinsProps) {
  const { session, together } = opened
  const { t } = useTranslation('together')
  const { thread: chosen, draft, placing } = useObservable(together)
  const objects = useObjects(session)
  const pins = useMemo(
    () =>
      threads
        .map((thread, at) => ({ thread, number: at + 1, place: placeOf(session, thread) }))
        .filter(({ thread, place }) => place !== null && (thread.resolved === null || thread.id === chosen)),
    // `objects`: pins of objects follow them.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [threads, session, chosen, objects],
  )
  const layer = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => followView(layer.current!, session), [session])
  useLayoutEffect(() => spread(layer.current!, session))
  return (
    <>
      <div className="pins" ref={layer} data-testid="pins">
        {pins.map(({ thread, number, place }) => (
          <button
            key={thread.id}
            type="button"
            className="pin"
            data-x={place![0]}
            data-y={place![1]}
            data-chosen={thread.id === chosen}
            aria-label={t('pin', {
              number,
              name: thread.author ? personName(thread.author) : t('somebody'),
            })}
            title={thread.text.slice(0, 200)}
            onClick={() => onOpen(thread.id)}
          >
            {number}
          </button>
        ))}
        {draft && <DraftPin session={session} point={draft.point} object={draft.object} />}
      </div>
      {placing && <PlaceCatcher session={session} opened={opened} onPlace={onPlace} />}
    </>
  )
}

function DraftPin({
  session,
  point,
  object,
}: {
  readonly session: EditorSession
  readonly point: readonly [number, number] | null
  readonly object: string | null
}) {
  const place = placeOf(session, { point: point === null ? null : [...point], object })
  if (!place) return null
  return (
    <span className="pin pin-draft" data-x={place[0]} data-y={place[1]} aria-hidden>
      <MessageSquarePlus size={14} />
    </span>
  )
}

interface CatcherProps extends Pick<PinsProps, 'opened' | 'onPlace'> {
  readonly session: EditorSession
}

/** Lies over the canvas while a place is being chosen; Esc gives up, and the wheel still zooms. */
function PlaceCatcher({ session, opened, onPlace }: CatcherProps) {
  const { together } = opened
  useEffect(() => {
    const key = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return
      event.preventDefault()
      event.stopImmediatePropagation()
      together.set({ placing: false })
    }
    window.addEventListener('keydown', key, { capture: true })
    return () => window.removeEventListener('keydown', key, { capture: true })
  }, [together])
  const onClick = (event: MouseEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect()
    const at = screenToImage(
      session.view.get().viewport,
      screenPoint(event.clientX - box.left, event.clientY - box.top),
    )
    const { width, height } = session.given.document
    const clamped = imagePoint(Math.min(width, Math.max(0, at.x)), Math.min(height, Math.max(0, at.y)))
    together.set({ placing: false })
    onPlace([clamped.x, clamped.y])
  }
  const onWheel = (event: React.WheelEvent) => {
    session.tools.zoomBy(Math.exp(-event.deltaY / 420))
  }
  return <div className="place-catcher" data-testid="place-catcher" onClick={onClick} onWheel={onWheel} />
}

/** Keeps the pins where their places are on screen. */
function followView(layer: HTMLElement, session: EditorSession): () => void {
  let scale = Number.NaN
  const move = () => {
    const view = session.view.get().viewport
    layer.style.transform = `translate(${view.offsetX}px, ${view.offsetY}px)`
    if (view.scale === scale) return
    scale = view.scale
    spread(layer, session)
  }
  move()
  return session.view.subscribe(move)
}

function spread(layer: HTMLElement, session: EditorSession): void {
  const { scale } = session.view.get().viewport
  for (const pin of layer.children as HTMLCollectionOf<HTMLElement>)
    pin.style.transform = `translate(${Number(pin.dataset.x) * scale}px, ${Number(pin.dataset.y) * scale}px)`
}
