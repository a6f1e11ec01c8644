/** The requests of the learning loop: plans, trainings, models, their curves, predictions and the ranked queue. */
import type { Fixed, Job, Page } from './api'
import { queryString } from './api'
import { API, requestJson } from './client'
import type { components } from './schema.gen'

type Schemas = components['schemas']

export type Architecture = Schemas['Architecture']
export type ModelState = Schemas['ModelState']
export type Purpose = Schemas['Purpose']
export type Estimate = Fixed<Schemas['Estimate']>
export type ModelRef = Fixed<Schemas['ModelRef']>
export type ModelFile = Fixed<Schemas['ModelFile']>
export type Comparison = Fixed<Schemas['Comparison']>
export type Corrections = Fixed<Schemas['Corrections']>
export type QueueEntry = Fixed<Schemas['QueueEntry']>
export type QueueReason = QueueEntry['reason']
export type Round = Fixed<Schemas['Round']>
export type LearningCurve = Fixed<Schemas['LearningCurve']>
export type WorstImage = Fixed<Schemas['WorstImage']>
export type Worst = Fixed<Schemas['Worst']>

/** What one class scores; which of the figures are there depends on the task. */
export interface ClassFigures {
  readonly index: number
  readonly name: string
  readonly iou?: number | null
  readonly dice?: number | null
  readonly boundary_iou?: number | null
  readonly ap?: number | null
  readonly ap50?: number | null
  readonly pq?: number | null
  readonly images?: number | null
  readonly objects?: number | null
  readonly pixels?: number | null
}
export interface CalibrationBin {
  readonly confidence: number | null
  readonly accuracy: number | null
  readonly count: number
}
export interface Calibration {
  readonly before?: number | null
  readonly after?: number | null
  readonly temperature?: number | null
  readonly bins?: readonly CalibrationBin[]
}
export type Clicks = Readonly<Record<string, Readonly<Record<string, Estimate>>>>
export interface Metrics {
  readonly split?: 'train' | 'val' | 'test'
  readonly images?: number
  readonly units?: number
  readonly enough?: boolean
  readonly note?: string
  readonly primary?: string
  readonly values?: Readonly<Record<string, Estimate>>
  readonly classes?: readonly ClassFigures[]
  readonly confusion?: readonly (readonly number[])[] | null
  readonly labels?: readonly string[]
  readonly calibration?: Calibration | null
  readonly clicks?: Clicks | null
  readonly better?: string
}

/** A field of a plan: whatever JSON the planner wrote. */
export type PlanValue =
  string | number | boolean | null | readonly PlanValue[] | { readonly [key: string]: PlanValue }
export type Plan = Readonly<Record<string, PlanValue>>
export interface Reason {
  readonly code: string
  readonly values?: Readonly<Record<string, PlanValue>>
  readonly text: string
}
export type Reasons = Readonly<Record<string, Reason>>

export type Model = Omit<Fixed<Schemas['Model']>, 'metrics' | 'job'> & {
  readonly metrics: Metrics
  readonly job: Job | null
}
export interface ModelSettings {
  readonly confidence?: number
  readonly detections?: number
  readonly mask?: number
  readonly smallest?: number
  readonly temperature?: number
}
export type ModelDetail = Omit<
  Fixed<Schemas['ModelDetail']>,
  'metrics' | 'job' | 'plan' | 'reasons' | 'overrides' | 'settings'
> & {
  readonly metrics: Metrics
  readonly job: Job | null
  readonly plan: Plan
  readonly reasons: Reasons
  readonly overrides: Plan
  readonly settings: ModelSettings & Plan
}

export interface Device {
  readonly kind?: string
  readonly name?: string
  readonly count?: number
  readonly memory_gb?: number
  readonly host?: string
}
export type TrainingOptions = Omit<Fixed<Schemas['TrainingOptions']>, 'device'> & {
  readonly device: Device | null
}
export type ArchitectureOption = TrainingOptions['architectures'][number]

/** What a job of kind `plan` answers. */
export interface PlanOutcome {
  readonly plan: Plan
  readonly reasons: Reasons
  readonly device: Device | null
}

export interface TrainValues {
  readonly loss?: number | null
  readonly losses?: Readonly<Record<string, number | null>>
  readonly learning_rate?: number | null
  readonly images_per_second?: number | null
  readonly seconds_left?: number | null
  readonly epoch?: number | null
}
export interface EvaluateValues {
  readonly score?: number | null
  readonly score_name?: string
  readonly best?: boolean
  readonly mean_iou?: number | null
  readonly ap?: number | null
  readonly ap50?: number | null
  readonly classes?: readonly ClassFigures[]
  readonly confusion?: readonly (readonly number[])[] | null
  readonly validation_loss?: number | null
}
interface PointOf<Kind extends string, Values> {
  readonly id: number
  readonly kind: Kind
  readonly step: number
  readonly values: Values
}
export type TrainPoint = PointOf<'train', TrainValues>
export type EvaluatePoint = PointOf<'evaluate', EvaluateValues>
export type CurvePoint = TrainPoint | EvaluatePoint
export interface CurvePage {
  readonly results: readonly CurvePoint[]
  readonly next: number | null
}

export interface PlanInput {
  readonly architecture: Architecture
  readonly version?: string | null
  readonly parent?: string | null
  readonly overrides?: Plan
}
export interface TrainingInput extends PlanInput {
  readonly name?: string
  readonly weights?: string
  readonly seed?: number
  readonly parts?: readonly string[]
}

/** The model that a job works on, where it names one. */
export function modelOfJob(job: Job): string | null {
  return job.parameters.model ?? null
}

export function modelFileUrl(model: string, name: string, step?: number): string {
  return `${API}/models/${model}/files/${name}${queryString({ step })}`
}

// Plans and trainings
export const getTrainingOptions = (project: string) =>
  requestJson<TrainingOptions>(`/projects/${project}/trainings/options`)
export const startPlan = (project: string, json: PlanInput) =>
  requestJson<Job>(`/projects/${project}/plans`, { method: 'POST', json })
export const startTraining = (project: string, json: TrainingInput) =>
  requestJson<Job>(`/projects/${project}/trainings`, { method: 'POST', json })

// Models
export async function listModels(project: string): Promise<readonly Model[]> {
  const all: Model[] = []
  let cursor: string | null = null
  do {
    const page: Page<Model> = await requestJson(
      `/projects/${project}/models${queryString({ limit: 100, cursor })}`,
    )
    all.push(...page.results)
    cursor = page.next
  } while (cursor !== null)
  return all
}
export const getModel = (id: string) => requestJson<ModelDetail>(`/models/${id}`)
export const patchModel = (id: string, json: { name?: string; note?: string; settings?: ModelSettings }) =>
  requestJson<ModelDetail>(`/models/${id}`, { method: 'PATCH', json })
export const promoteModel = (id: string, force: boolean) =>
  requestJson<ModelDetail>(`/models/${id}/promote`, { method: 'POST', json: { force } })
export const retireModel = (id: string) =>
  requestJson<ModelDetail>(`/models/${id}/retire`, { method: 'POST', json: {} })
export const compareModels = (id: string, other: string) =>
  requestJson<Comparison>(`/models/${id}/comparison/${other}`)
export const getCurve = (id: string, after: number, signal?: AbortSignal) =>
  requestJson<CurvePage>(`/models/${id}/curve${queryString({ after })}`, signal ? { signal } : {})
export const getWorst = (id: string) => requestJson<Worst>(`/models/${id}/worst`)
export const getCorrections = (id: string) => requestJson<Corrections>(`/models/${id}/corrections`)
export const bringModel = (project: string, form: FormData) =>
  requestJson<Job>(`/projects/${project}/models`, { method: 'POST', form })
export const startPredicting = (
  id: string,
  json: { images?: readonly string[]; scope?: 'unlabelled' | 'all'; again?: boolean },
) => requestJson<Job>(`/models/${id}/predict`, { method: 'POST', json })

// What to annotate next
export interface QueuePage extends Page<QueueEntry> {
  readonly count: number
}
export const getQueue = (project: string, cursor: string | null) =>
  requestJson<QueuePage>(`/projects/${project}/queue${queryString({ cursor, limit: 60 })}`)
export const startRanking = (project: string) =>
  requestJson<Job>(`/projects/${project}/rankings`, { method: 'POST', json: {} })
export const getLearningCurve = (project: string) =>
  requestJson<LearningCurve>(`/projects/${project}/learning-curve`)
