/**
 * Requests of pre-labels: what a model sees in an image, rejecting, asking for it, and why an image stands in the queue.
 * Owns paths and shapes; keeping a rejection until the server has it is rejections.ts.
 */
import { type AnnotationRecord, NOT_YET_SAVED } from '@/core/document'
import type { Proposal } from '@/core/prelabels'
import { recordFromWire, type WireAnnotation } from '@/core/wire'

import type { ImageItem, Job } from './api'
import { ApiProblem, API, request, requestJson } from './client'

/** What of a model the editor tells a person. */
export interface ModelEntry {
  readonly id: string
  readonly number: number
  readonly name: string
  readonly purpose: string
  readonly state: string
}

export interface WireProposal extends Omit<WireAnnotation, 'z' | 'attributes' | 'is_crowd'> {
  readonly z?: number
  readonly attributes?: Readonly<Record<string, unknown>>
  readonly is_crowd?: boolean
  readonly uncertainty?: number | null
}

export interface WirePrediction {
  readonly id: string
  readonly model: Pick<ModelEntry, 'id' | 'number' | 'name'>
  readonly objects: readonly WireProposal[]
  readonly rejected: readonly string[]
  readonly score: number | null
  readonly uncertainty: number | null
  readonly overlay: string | null
}

/** The image's prediction by a model, or by the champion; null where there is none. */
export async function getPrediction(image: string, model: string | null): Promise<WirePrediction | null> {
  const path = `/images/${image}/predictions${model === null ? '' : `?model=${model}`}`
  try {
    return await requestJson<WirePrediction>(path)
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404) return null
    throw error
  }
}

/** The models of a project that see objects in images: champions first, then the newest. */
export async function listModels(project: string): Promise<readonly ModelEntry[]> {
  const { results } = await requestJson<{ results: readonly ModelEntry[] }>(`/projects/${project}/models`)
  const useful = results.filter((model) => model.purpose !== 'click')
  const rank = (model: ModelEntry) => (model.state === 'champion' ? 0 : 1)
  return [...useful].sort((a, b) => rank(a) - rank(b) || b.number - a.number)
}

export const predictImage = (model: string, image: string) =>
  requestJson<Job>(`/models/${model}/predict`, { method: 'POST', json: { images: [image], again: true } })

export const rejectObjects = (prediction: string, objects: readonly string[]) =>
  request(`/predictions/${prediction}/reject`, { method: 'POST', json: { objects } })
export const restoreObjects = (prediction: string, objects: readonly string[]) =>
  request(`/predictions/${prediction}/restore`, { method: 'POST', json: { objects } })

/** Why an image stands in its project's ranked queue. */
export interface QueueReason {
  readonly reason: 'uncertain' | 'diverse' | 'random'
  /** What the model is unsure of; null: of no one class. */
  readonly class: number | null
  /** How long it should take. */
  readonly minutes: number | null
}

export function reasonOf(image: ImageItem): QueueReason | null {
  return (image as ImageItem & { readonly queue?: QueueReason | null }).queue ?? null
}

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
