/**
 * Requests of pre-labels: what a model sees in an image, rejecting, asking for it, and why an image stands in the queue.
 * Owns paths and shapes; keeping a rejection until the server has it is rejections.ts.
 */
import { type AnnotationRecord, NOT_YET_SAVED } from '@/core/document'
import type { Proposal } from '@/core/prelabels'
import { recordFromWire } from '@/core/wire'

import { type Fixed, type Job, type Page, queryString, type TaskType } from './api'
import { API, request, requestJson } from './client'
import type { components } from './schema.gen'

type Schemas = components['schemas']
/** What of a model the editor tells a person. */
export type ModelEntry = Pick<
  Fixed<Schemas['Model']>,
  'id' | 'number' | 'name' | 'purpose' | 'state' | 'promoted'
>
export type WirePrediction = Fixed<Schemas['Prediction']>
export type WireProposal = WirePrediction['objects'][number]
/** Why an image stands in its project's ranked queue. */
export type QueueReason = Fixed<Schemas['QueueReason']>

/** The image's prediction by a model, or by the champion; null where there is none. */
export async function getPrediction(image: string, model: string | null): Promise<WirePrediction | null> {
  const path = `/images/${image}/predictions${model === null ? '' : `?model=${model}`}`
  return (await requestJson<WirePrediction | undefined>(path)) ?? null
}

/** The newest of them: what an older one saw is of no use. */
const MOST_MODELS = 100

/** The models of a project that pre-labelled images, or do so now. */
export interface Prelabellers {
  /** That the server takes where none is named: the champion for the project's own task, else the newest one. */
  readonly champion: ModelEntry | null
  /** Champions before it, the last one first. */
  readonly earlier: readonly ModelEntry[]
  readonly all: readonly ModelEntry[]
}

export const NO_PRELABELLERS: Prelabellers = { champion: null, earlier: [], all: [] }

export async function listPrelabellers(project: string, task: TaskType): Promise<Prelabellers> {
  const query = queryString({ state: 'champion,retired', limit: MOST_MODELS })
  const { results } = await requestJson<Page<ModelEntry>>(`/projects/${project}/models${query}`)
  return prelabellers(results, task)
}

export function prelabellers(models: readonly ModelEntry[], task: TaskType): Prelabellers {
  const all = models.filter((model) => model.purpose !== 'click')
  const newest = (a: ModelEntry, b: ModelEntry) => ((b.promoted ?? '') > (a.promoted ?? '') ? 1 : -1)
  const own = (model: ModelEntry) => (model.purpose === task ? 0 : 1)
  const champions = all
    .filter(({ state }) => state === 'champion')
    .sort((a, b) => own(a) - own(b) || newest(a, b))
  const earlier = all.filter(({ state, promoted }) => state === 'retired' && promoted !== null).sort(newest)
  return { champion: champions[0] ?? null, earlier, all }
}

export const predictImage = (model: string, image: string) =>
  requestJson<Job>(`/models/${model}/predict`, { method: 'POST', json: { images: [image], again: true } })

export const rejectObjects = (prediction: string, objects: readonly string[]) =>
  request(`/predictions/${prediction}/reject`, { method: 'POST', json: { objects } })
export const restoreObjects = (prediction: string, objects: readonly string[]) =>
  request(`/predictions/${prediction}/restore`, { method: 'POST', json: { objects } })

export const overlayUrl = (prediction: string) => `${API}/predictions/${prediction}/overlay`

/** A predicted object of a model as a proposal: what its record would be if a person accepted it. */
export function proposalFromWire(wire: WireProposal, model: string): Proposal {
  const plain = { z: 0, attributes: {}, is_crowd: false, ...wire }
  const record: AnnotationRecord = {
    ...recordFromWire(plain),
    source: 'model',
    model,
    score: wire.score ?? null,
    version: null,
    created: NOT_YET_SAVED,
  }
  return { record, score: wire.score ?? 0, uncertainty: wire.uncertainty ?? null }
}
