/** The strip below the canvas for an image that is one of a sequence: frames, marks, scrubbing, playing, filling. */
import { ChevronDown, ChevronUp, Diamond, Pause, Play, Spline, StepBack, StepForward } from 'lucide-react'
import { useEffect, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { trackOf } from '@/core/document'
import type { ImageLoader } from '@/render/imageLoader'
import type { ImageItem, Project } from '@/sync/api'
import { usePreference } from '@/ui/app/usePreference'
import { Button, IconButton } from '@/ui/kit/Button'

import type { Opened } from '../open'
import type { EditorSession } from '../session'
import { usePart, useSaveState } from '../use'
import { offerSequence } from './control'
import { FillMenu } from './FillMenu'
import { Frames } from './Frames'
import { recall } from './moments'
import { ScrubOverlay } from './ScrubOverlay'
import { Timeline } from './Timeline'
import { type Filling, useFilling } from './useFilling'
import { type Playing, usePlaying } from './usePlaying'
import { type SequenceView, useRefresh, useSequence } from './useSequence'

interface FilmstripProps {
  readonly opened: Opened
  readonly image: ImageItem
  readonly project: Project
  readonly loader: ImageLoader
  readonly onImage: (id: string) => void
}

export function Filmstrip(props: FilmstripProps) {
  const { image, opened } = props
  const { session } = opened
  const view = useSequence({ ...props, session })
  useEffect(() => recall(image.group, session), [image.group, session])
  // Its room is kept while the frames are asked for, so that the picture is fitted into what is left for it.
  if (view.isPending) return <Room />
  return view.frames.length > 1 && view.position >= 0 ? <Strip {...props} view={view} /> : null
}

function Room() {
  const [{ open }] = usePreference('editor.sequence')
  return <div className="filmstrip filmstrip-room" data-open={open} aria-hidden />
}

function Strip({ opened, image, view }: FilmstripProps & { readonly view: SequenceView }) {
  const { session } = opened
  const { frames, position } = view
  const [{ open, rate }, setKept] = usePreference('editor.sequence')
  const [scrub, setScrub] = useState<number | null>(null)
  const filling = useFilling({ image, opened, view })
  const playing = usePlaying({ frames, position, rate, show: setScrub, goTo: view.goTo })
  useOffer(session, view, filling, playing)
  useRefresh(image, useSaveState(opened).kind)
  const marks = useMarks(session, view)
  const shown = scrub ?? position
  const leave = (at: number) => {
    setScrub(null)
    view.goTo(at)
  }
  return (
    <section className="filmstrip" data-open={open} data-testid="filmstrip">
      <Head
        view={view}
        shown={shown}
        filling={filling}
        playing={playing}
        session={session}
        open={open}
        onOpen={() => setKept({ open: !open, rate })}
      />
      <Timeline frames={frames} marks={marks} position={shown} onScrub={setScrub} onLeave={leave} />
      {open && <Frames frames={frames} marks={marks} position={shown} onFrame={view.goTo} />}
      {scrub !== null && <ScrubOverlay frame={frames[scrub]} session={session} />}
    </section>
  )
}

function useOffer(session: EditorSession, view: SequenceView, filling: Filling, playing: Playing): void {
  useEffect(
    () =>
      offerSequence(session, {
        step: (by) => view.goTo(view.position + by),
        play: playing.toggle,
        fill: filling.fill,
        interpolate: () => filling.interpolate(),
        join: filling.join,
        keep: filling.keep,
      }),
    [session, view, filling, playing],
  )
}

export interface Marks {
  readonly keyframes: ReadonlySet<number>
  readonly filled: ReadonlySet<number>
}

/** Where the selected objects are keyframes, and where filled. */
function useMarks(session: EditorSession, { tracks }: SequenceView): Marks {
  const selection = usePart(session.state, (state) => state.selection)
  return useMemo(() => {
    const wanted = new Set<string>()
    for (const id of selection) {
      const record = session.store.get(id)
      if (record) wanted.add(trackOf(record))
    }
    const chosen = tracks.filter((track) => wanted.has(track.id))
    return {
      keyframes: new Set(chosen.flatMap((track) => track.keyframes)),
      filled: new Set(chosen.flatMap((track) => track.filled)),
    }
  }, [selection, session, tracks])
}

interface HeadProps {
  readonly view: SequenceView
  readonly shown: number
  readonly filling: Filling
  readonly playing: Playing
  readonly session: EditorSession
  readonly open: boolean
  readonly onOpen: () => void
}

function Head({ view, shown, filling, playing, session, open, onOpen }: HeadProps) {
  const { t } = useTranslation('sequence')
  const { frames } = view
  // What is filled goes into the images' own documents; a person's replica is left out of it.
  const ownDocument = session.given.document.role === 'primary'
  const readOnly = usePart(session.state, (state) => state.readOnly) || !ownDocument
  const changed = useChangedKeyframes(session, view)
  const frame = frames[shown]
  return (
    <div className="filmstrip-head">
      <IconButton
        label={`${t('previous')} (Ctrl+←)`}
        disabled={shown === 0}
        onClick={() => view.goTo(shown - 1)}
      >
        <StepBack size={16} aria-hidden />
      </IconButton>
      <IconButton label={`${playing.on ? t('pause') : t('play')} (Alt+P)`} onClick={playing.toggle}>
        {playing.on ? <Pause size={16} aria-hidden /> : <Play size={16} aria-hidden />}
      </IconButton>
      <IconButton
        label={`${t('next')} (Ctrl+→)`}
        disabled={shown === frames.length - 1}
        onClick={() => view.goTo(shown + 1)}
      >
        <StepForward size={16} aria-hidden />
      </IconButton>
      <span className="small num filmstrip-place" data-testid="frame-place">
        {t('place', { frame: shown + 1, count: frames.length })}
      </span>
      {frame?.timestamp !== null && frame?.timestamp !== undefined && (
        <span className="small num muted">{t('seconds', { seconds: frame.timestamp.toFixed(2) })}</span>
      )}
      <span className="grow" />
      {!readOnly && changed.ids.length > 0 && (
        <Button
          size="sm"
          variant="primary"
          icon={<Spline size={14} aria-hidden />}
          onClick={() => {
            filling.interpolate(changed.ids)
            changed.done()
          }}
        >
          {t('update')}
        </Button>
      )}
      {!readOnly && <Actions filling={filling} session={session} view={view} />}
      <IconButton label={open ? t('close') : t('open')} onClick={onOpen}>
        {open ? <ChevronDown size={16} aria-hidden /> : <ChevronUp size={16} aria-hidden />}
      </IconButton>
    </div>
  )
}

function Actions({ filling, session, view }: Pick<HeadProps, 'filling' | 'session' | 'view'>) {
  const { t } = useTranslation('sequence')
  const count = usePart(session.state, (state) => state.selection.size)
  const last = view.position === view.frames.length - 1
  return (
    <>
      <FillMenu method="copy" filling={filling} disabled={last || filling.busy} />
      <FillMenu method="propagate" filling={filling} disabled={last || filling.busy} />
      <Button
        size="sm"
        busy={filling.busy}
        disabled={count === 0}
        icon={<Diamond size={14} aria-hidden />}
        title={t('interpolateTip')}
        onClick={() => filling.interpolate()}
      >
        {t('interpolate')}
      </Button>
    </>
  )
}

const NONE: readonly string[] = []

/** Objects changed here whose track was filled in between: what was filled is out of date. */
function useChangedKeyframes(session: EditorSession, { tracks }: SequenceView) {
  const [{ of, changed }, setChanged] = useState({ of: session, changed: NONE })
  useEffect(
    () =>
      session.store.subscribe(({ diff, source }) => {
        if (source !== 'user') return
        const fresh = Object.values(diff.updated)
          .filter(([from, to]) => from.source === to.source && from.track === to.track)
          .map(([, to]) => to.id)
        if (fresh.length === 0) return
        setChanged((before) => ({
          of: session,
          changed: [...new Set([...(before.of === session ? before.changed : NONE), ...fresh])],
        }))
      }),
    [session],
  )
  const filled = new Set(tracks.filter((track) => track.filled.length > 0).map((track) => track.id))
  const ids = (of === session ? changed : NONE).filter((id) => {
    const record = session.store.get(id)
    return record !== undefined && filled.has(trackOf(record))
  })
  return { ids, done: () => setChanged({ of: session, changed: NONE }) }
}
