/**
 * Filling objects into other frames: saves first, asks the server, tells what became of it, and has everything that was
 * read before read anew. Owns that order; the server owns what is filled.
 */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'

import { trackOf, withFields } from '@/core/document'
import { getJob, isFinished, type ImageItem } from '@/sync/api'
import { forgetPrefetched, openDocument } from '@/sync/documentApi'
import { fill, type FillMethod, type FillOutcome, type SequenceFrame } from '@/sync/sequenceApi'
import { keys } from '@/ui/app/queries'
import { useToast } from '@/ui/kit/Toast'

import type { Opened } from '../open'
import { nearestTwin } from './join'
import { sequenceKey, tracksKey, type SequenceView } from './useSequence'

/** How far, in frames that have objects, a twin of an object is looked for. */
const LOOK_FRAMES = 5
const JOB_POLL_MS = 700

interface FillingOptions {
  readonly image: ImageItem
  readonly opened: Opened
  readonly view: SequenceView
}

export interface Filling {
  readonly busy: boolean
  readonly fill: (method: FillMethod, frames: number) => void
  /** Of these objects, or the selected ones. */
  readonly interpolate: (ids?: readonly string[]) => void
  readonly join: () => void
  readonly keep: () => void
}

export function useFilling({ image, opened, view }: FillingOptions): Filling {
  const { t } = useTranslation('sequence')
  const toast = useToast()
  const client = useQueryClient()
  const { session, queue } = opened
  const { frames, position } = view
  const chosen = () => [...session.state.get().selection]

  const ask = async (method: FillMethod, objects: readonly string[], until: SequenceFrame | null) => {
    if (session.given.document.role !== 'primary') throw new Error(t('replica'))
    await queue.flush()
    if (queue.state.pending > 0 || queue.state.problems.size > 0) throw new Error(t('unsaved'))
    const answer = await fill(image.id, { method, objects, until: until?.id ?? null })
    const outcome = answer.outcome ?? (answer.job ? await finished(answer.job.id) : null)
    forgetPrefetched()
    await queue.poll()
    await Promise.all([
      client.invalidateQueries({ queryKey: sequenceKey(image.project, image.group) }),
      client.invalidateQueries({ queryKey: tracksKey(image.project, image.group) }),
      client.invalidateQueries({ queryKey: keys.images(image.project) }),
    ])
    return outcome
  }
  const tell = (outcome: FillOutcome | null) => {
    if (!outcome) return
    const first = outcome.skipped[0]
    const left = first
      ? t('skipped', { count: outcome.skipped_count, name: first.name, reason: first.reason })
      : ''
    const done =
      outcome.saved > 0 ? t('filled', { count: outcome.saved, frames: outcome.frames }) : t('nothing')
    const kept = outcome.kept > 0 ? t('kept', { count: outcome.kept }) : ''
    const text = [kept, left].filter(Boolean).join(' ')
    if (outcome.saved === 0 && first) toast.refused(done, text)
    else toast.done(done, text)
  }
  const running = useMutation({
    mutationFn: (run: () => Promise<FillOutcome | null>) => run(),
    onSuccess: tell,
    onError: (error) => toast.failed(error),
  })
  /** Gives the object the track of its nearest twin in another frame. Answers whether it has one then. */
  const joined = async (id: string): Promise<boolean> => {
    const record = session.store.get(id)
    if (!record) return false
    const taken = new Set([...session.store.records.values()].map(trackOf))
    for (const frame of nearWithObjects(frames, position)) {
      const { state } = await openDocument(frame.document)
      const twin = nearestTwin(record, state.records, taken)
      if (!twin) continue
      session.history.mark('track')
      session.store.transact('user', (transaction) =>
        transaction.update(id, (now) => withFields(now, { track: trackOf(twin) })),
      )
      toast.done(t('joined', { frame: frames.indexOf(frame) + 1 }))
      return true
    }
    return false
  }
  const alone = (id: string) => {
    const record = session.store.get(id)
    return record !== undefined && !view.tracks.some((track) => track.id === trackOf(record))
  }
  return {
    busy: running.isPending,
    fill: (method, count) => {
      const until = frames[Math.min(frames.length - 1, position + count)]
      if (!until || until.id === image.id) toast.refused(t('lastFrame'))
      else running.mutate(() => ask(method, chosen(), until))
    },
    interpolate: (given) =>
      running.mutate(async () => {
        const ids = given ?? chosen()
        for (const id of ids) if (alone(id)) await joined(id)
        return ask('interpolate', ids, null)
      }),
    join: () =>
      running.mutate(async () => {
        for (const id of chosen()) if (!(await joined(id))) toast.refused(t('noTwin'))
        return null
      }),
    keep: () => {
      session.history.mark('keyframe')
      session.store.transact('user', (transaction) => {
        for (const id of chosen())
          transaction.update(id, (now) => withFields(now, { source: 'person', track: trackOf(now) }))
      })
    },
  }
}

/** Frames that have objects, the nearest before this one first, then those after. */
function nearWithObjects(frames: readonly SequenceFrame[], position: number): readonly SequenceFrame[] {
  const before = frames.slice(0, position).reverse()
  const after = frames.slice(position + 1)
  const some = (list: readonly SequenceFrame[]) =>
    list.filter((frame) => frame.object_count > 0).slice(0, LOOK_FRAMES)
  return [...some(before), ...some(after)]
}

async function finished(id: string): Promise<FillOutcome | null> {
  for (;;) {
    const job = await getJob(id)
    if (job.state === 'succeeded') return job.result as unknown as FillOutcome
    if (isFinished(job)) throw new Error((job.error as { detail?: string } | null)?.detail ?? job.state)
    await new Promise((resolve) => setTimeout(resolve, JOB_POLL_MS))
  }
}
