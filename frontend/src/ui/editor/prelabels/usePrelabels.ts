/**
 * Brings a model's prediction of the open image to its review, follows the person's settings, and asks for a prediction
 * where there is none or a newer champion. Owns the requests and their state; the review itself is in tools/prelabels.
 */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useState } from 'react'

import { type ImageItem, isFinished, type Job, type Project } from '@/sync/api'
import { followJob } from '@/sync/jobs'
import {
  getPrediction,
  listPrelabellers,
  type ModelEntry,
  NO_PRELABELLERS,
  predictImage,
  type Prelabellers,
  proposalFromWire,
  type WirePrediction,
} from '@/sync/predictions'
import type { Prediction } from '@/tools/prelabels/review'
import { usePreference } from '@/ui/app/usePreference'

import type { Opened } from '../open'
import { rejectionsOf } from './rejections'

/** Of models that were champions before, so many are asked what they saw here. */
const EARLIER = 2

export const modelsKey = (project: string) => ['models', project, 'prelabellers'] as const

export const modelsOf = ({ id, task_type }: Pick<Project, 'id' | 'task_type'>) => ({
  queryKey: modelsKey(id),
  queryFn: () => listPrelabellers(id, task_type),
  staleTime: 60_000,
})

export const predictionOf = (image: string, { champion, earlier }: Prelabellers) => ({
  queryKey: ['prediction', image, champion?.id ?? '', ...earlier.slice(0, EARLIER).map(({ id }) => id)],
  queryFn: () => newestPrediction(image, champion ? [champion, ...earlier.slice(0, EARLIER)] : earlier),
})

/** The champion's prediction, else that of the one before it. */
async function newestPrediction(
  image: string,
  models: readonly ModelEntry[],
): Promise<WirePrediction | null> {
  for (const model of models) {
    const found = await getPrediction(image, model.id)
    if (found) return found
  }
  return null
}

/** Whether a model may look at an image for people: test images measure models. */
export function mayBePrelabelled(image: ImageItem): boolean {
  return image.split !== 'test'
}

/** While an image is judged, what a model would have liked is in the way. */
function isOpenForWork(image: ImageItem): boolean {
  return image.status !== 'submitted' && image.status !== 'accepted'
}

export interface Prelabels {
  /** Why pre-labels cannot be had here; null: they can. */
  readonly closed: 'test' | 'replica' | 'submitted' | null
  readonly loading: boolean
  readonly error: unknown
  readonly champion: ModelEntry | null
  /** The newest request for this image. */
  readonly job: Job | null
  readonly asking: boolean
  readonly predict: () => void
  readonly retry: () => void
}

interface Place {
  readonly image: ImageItem
  readonly project: Project
  readonly user: string
  readonly primary: boolean
  readonly opened: Opened
}

export function usePrelabels({ image, project, user, primary, opened }: Place): Prelabels {
  const { session } = opened
  const closed = !primary
    ? 'replica'
    : !mayBePrelabelled(image)
      ? 'test'
      : isOpenForWork(image)
        ? null
        : 'submitted'
  const models = useQuery({ ...modelsOf(project), enabled: closed === null })
  const useful = models.data ?? NO_PRELABELLERS
  const any = useful.champion !== null || useful.earlier.length > 0
  const query = useQuery({
    ...predictionOf(image.id, useful),
    enabled: closed === null && any,
    refetchOnWindowFocus: false,
  })
  const wire = closed === null ? (query.data ?? null) : null
  const objects = wire?.objects
  const model = wire?.model.id ?? ''
  const proposals = useMemo(
    () => (objects ?? []).map((object) => proposalFromWire(object, model)),
    [objects, model],
  )
  useEffect(() => {
    const rejections = rejectionsOf(user)
    session.keepRejections((ids, rejected) => {
      if (wire) rejections.record(wire.id, ids, rejected)
    })
    session.review.begin(wire && predictionFrom(wire, proposals, rejections.over(wire.id, wire.rejected)))
  }, [session, wire, proposals, user])
  useSettings(opened, project.id)
  const asked = useAsking(image, useful.champion)
  return {
    closed,
    loading: closed === null && (models.isPending || (any && query.isPending)),
    error: models.error ?? query.error,
    champion: useful.champion,
    ...asked,
    retry: () => {
      void models.refetch()
      void query.refetch()
    },
  }
}

function predictionFrom(
  wire: WirePrediction,
  proposals: Prediction['proposals'],
  rejected: readonly string[],
): Prediction {
  const { id, model, score, uncertainty, overlay } = wire
  return { id, model, proposals, rejected, score, uncertainty, overlay: Boolean(overlay) }
}

/** Asks the champion for this image and follows the job; the prediction is read when it is done. */
function useAsking(image: ImageItem, champion: ModelEntry | null) {
  const client = useQueryClient()
  const [asked, setAsked] = useState<{ image: string; job: Job | null; error: unknown } | null>(null)
  const mine = asked?.image === image.id ? asked : null
  const running = mine?.job && !isFinished(mine.job) ? mine.job.id : null
  useEffect(() => {
    if (running === null) return undefined
    return followJob(running, (job) => {
      setAsked({ image: image.id, job, error: null })
      if (job.state === 'succeeded') void client.invalidateQueries({ queryKey: ['prediction', image.id] })
    })
  }, [running, client, image.id])
  const predict = useCallback(() => {
    if (!champion) return
    setAsked({ image: image.id, job: null, error: null })
    predictImage(champion.id, image.id).then(
      (job) => setAsked({ image: image.id, job, error: null }),
      (error: unknown) => setAsked({ image: image.id, job: null, error }),
    )
  }, [champion, image.id])
  return {
    job: mine?.job ?? null,
    asking: mine !== null && mine.error === null && (mine.job === null || running !== null),
    predict,
    ...(mine?.error ? { error: mine.error } : {}),
  }
}

const USUAL_THRESHOLD = 0.5

/** The threshold of the project and the switch follow the person. */
function useSettings({ session }: Opened, project: string): void {
  const [kept, keep] = usePreference('editor.prelabels')
  const { review } = session
  useEffect(() => {
    review.setThreshold(kept.thresholds[project] ?? USUAL_THRESHOLD)
    review.setShown(kept.shown)
  }, [review, kept, project])
  useEffect(
    () =>
      review.state.subscribe(() => {
        const { threshold, shown } = review.state.get()
        const same = shown === kept.shown && threshold === (kept.thresholds[project] ?? USUAL_THRESHOLD)
        if (!same) keep({ ...kept, shown, thresholds: { ...kept.thresholds, [project]: threshold } })
      }),
    [review, kept, keep, project],
  )
}
