/**
 * Typed calls of the HTTP interface, one function a request, and the shapes they answer.
 * Owns paths and shapes only: transport is in client.ts, caching in React Query, batching of uploads in upload.ts.
 */
import { API, request, requestJson } from './client'

export type Role = 'viewer' | 'annotator' | 'reviewer' | 'manager' | 'owner'
export type TaskType = 'semantic' | 'instance' | 'panoptic'
export type ImageStatus = 'new' | 'in_progress' | 'submitted' | 'accepted' | 'returned'
export type Split = 'train' | 'val' | 'test'
export type JobState = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled'

export const ROLES: readonly Role[] = ['viewer', 'annotator', 'reviewer', 'manager', 'owner']
export const STATUSES: readonly ImageStatus[] = ['new', 'in_progress', 'submitted', 'accepted', 'returned']
export const SPLITS: readonly Split[] = ['train', 'val', 'test']

/** Whether `mine` may do what `needed` may do. */
export function atLeast(mine: Role | undefined, needed: Role): boolean {
  return mine !== undefined && ROLES.indexOf(mine) >= ROLES.indexOf(needed)
}

export interface Preferences {
  readonly theme?: 'system' | 'light' | 'dark'
  readonly [key: string]: unknown
}
export interface Person {
  readonly id: string
  readonly email: string
  readonly name: string
}

/** What to call a person: the name, or the address of one who has not given a name; '' for nobody. */
export function personName(person: Person | null): string {
  if (!person) return ''
  return person.name === '' ? person.email : person.name
}

export interface User extends Person {
  readonly language: string
  readonly preferences: Preferences
}
export interface Me {
  readonly user: User
  readonly version: string
}
export interface Page<T> {
  readonly results: readonly T[]
  readonly next: string | null
}

export interface AttributeSpec {
  readonly name: string
  readonly type: 'select' | 'checkbox' | 'number' | 'text'
  readonly options?: readonly string[]
  readonly required?: boolean
  readonly default?: unknown
}
export interface LabelClass {
  readonly id: string
  readonly index: number
  readonly name: string
  readonly colour: string
  readonly is_thing: boolean
  readonly hotkey: string
  readonly supercategory: string
  readonly attributes: readonly AttributeSpec[]
  readonly order: number
  readonly object_count: number
}
export interface ClassInput {
  readonly name: string
  readonly colour?: string
  readonly is_thing?: boolean
  readonly hotkey?: string
  readonly supercategory?: string
  readonly attributes?: readonly AttributeSpec[]
}
export interface Member {
  readonly id: string
  readonly user: Person
  readonly role: Role
  readonly invite_url?: string | null
}
export interface Counts extends Record<ImageStatus, number> {
  readonly images: number
  readonly objects: number
}
export interface Project {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly task_type: TaskType
  readonly exclusive: boolean
  readonly role: Role
  readonly created: string
  readonly updated: string
  readonly counts: Counts
  readonly classes: readonly LabelClass[]
  readonly members: readonly Member[]
  readonly covers: readonly string[]
  readonly split_shares: { readonly val: number; readonly test: number }
}
export interface ProjectInput {
  readonly name: string
  readonly description?: string
  readonly task_type: TaskType
  readonly exclusive?: boolean
  readonly classes: readonly ClassInput[]
}

export interface ImageItem {
  readonly id: string
  readonly project: string
  readonly name: string
  readonly width: number
  readonly height: number
  readonly format: string
  readonly size_bytes: number
  readonly sha256: string
  readonly status: ImageStatus
  readonly split: Split
  readonly group: string
  readonly created: string
  readonly updated: string
  readonly object_count: number
  readonly document: string
  readonly revision: number
  readonly file: string
  readonly thumbnail: string
  readonly original: string
  readonly source_url: string
  readonly licence: string
  readonly attribution: string
  readonly review_comment: string
  readonly quality: { readonly sharpness: number; readonly exposure: number }
  readonly claimed_by: Person | null
}
export type ImageSort =
  'name' | '-name' | 'created' | '-created' | 'updated' | '-updated' | 'objects' | '-objects'
export interface ImageFilters {
  readonly status: readonly ImageStatus[]
  readonly split: Split | ''
  readonly class: number | null
  readonly q: string
  readonly sort: ImageSort
}
export interface ImagePage extends Page<ImageItem> {
  readonly count: number
}
export interface UploadResult {
  readonly name: string
  readonly status: 'created' | 'duplicate' | 'rejected'
  readonly image: ImageItem | null
  readonly reason: string | null
}

export interface Statistics {
  readonly status: Readonly<Record<ImageStatus, number>>
  readonly splits: Readonly<Partial<Record<Split, number>>>
  readonly classes: readonly { index: number; objects: number; area: number; images: number }[]
  readonly people: readonly {
    user: Person | null
    revisions: number
    added: number
    changed: number
    removed: number
  }[]
  readonly days: readonly { date: string; revisions: number; objects: number }[]
}

export interface Changelog {
  readonly images_added: number
  readonly images_removed: number
  readonly images_changed: number
  readonly classes_added: number
  readonly classes_removed: number
}
export interface Version {
  readonly id: string
  readonly number: number
  readonly name: string
  readonly note: string
  readonly hash: string
  readonly created: string
  readonly created_by: Person | null
  readonly parent: string | null
  readonly image_count: number
  readonly object_count: number
  readonly splits: Readonly<Partial<Record<Split, number>>>
  readonly changelog: Changelog | null
}
export interface FormatOption {
  readonly name: string
  readonly type: 'choice' | 'boolean'
  readonly choices?: readonly string[]
  readonly default: string | boolean
  readonly help: string
}
export interface Format {
  readonly name: string
  readonly title: string
  readonly reads: boolean
  readonly writes: boolean
  readonly task_types: readonly TaskType[]
  readonly options: readonly FormatOption[]
}
export interface JobLogLine {
  readonly at: string
  readonly level: 'info' | 'warning' | 'error'
  readonly text: string
}
export interface Job {
  readonly id: string
  readonly kind: string
  readonly project: string | null
  readonly state: JobState
  readonly progress: number
  readonly stage: string
  readonly attempts: number
  readonly max_attempts: number
  readonly cancel_requested: boolean
  readonly created: string
  readonly started: string | null
  readonly finished: string | null
  readonly created_by: Person | null
  readonly result: Readonly<Record<string, unknown>> | null
  readonly error: {
    readonly detail: string
    readonly errors?: readonly { where: string; message: string }[]
  } | null
  readonly log?: readonly JobLogLine[]
}
export interface Token {
  readonly id: string
  readonly name: string
  readonly created: string
  readonly last_used?: string | null
  readonly token?: string
}

export function isFinished(job: Job): boolean {
  return job.state === 'succeeded' || job.state === 'failed' || job.state === 'cancelled'
}

/** Where the ZIP of a succeeded export lies. */
export function exportFileUrl(jobId: string): string {
  return `${API}/exports/${jobId}/file`
}

type QueryValue = string | number | null | undefined
/** `?a=1&b=2` from the values that are not empty; '' when all are. */
export function queryString(values: Readonly<Record<string, QueryValue>>): string {
  const query = new URLSearchParams()
  for (const [key, value] of Object.entries(values)) {
    if (value !== null && value !== undefined && value !== '') query.set(key, String(value))
  }
  const text = query.toString()
  return text ? `?${text}` : ''
}

/** The filter part of an image list's address; also understood by `/images/{id}/neighbours`. */
export function imageQuery(filters: ImageFilters): Record<string, QueryValue> {
  return {
    status: filters.status.join(','),
    split: filters.split,
    class: filters.class,
    q: filters.q.trim(),
    sort: filters.sort,
  }
}

async function everyPage<T>(path: string, signal?: AbortSignal): Promise<T[]> {
  const all: T[] = []
  let cursor: string | null = null
  do {
    const separator = path.includes('?') ? '&' : '?'
    const more = queryString({ limit: 100, cursor }).slice(1)
    const page: Page<T> = await requestJson<Page<T>>(path + separator + more, signal ? { signal } : {})
    all.push(...page.results)
    cursor = page.next
  } while (cursor !== null)
  return all
}

// Me
export const getMe = () => requestJson<Me>('/me')
export const patchMe = (json: Partial<Pick<User, 'name' | 'language' | 'preferences'>>) =>
  requestJson<Me>('/me', { method: 'PATCH', json })
export const signIn = (json: { email: string; password: string }) =>
  requestJson<Me>('/session', { method: 'POST', json })
export const signOut = () => request('/session', { method: 'DELETE' })
export const acceptInvitation = (json: { token: string; name: string; password: string }) =>
  requestJson<Me>('/invitations/accept', { method: 'POST', json })
export const listTokens = () => everyPage<Token>('/tokens')
export const createToken = (name: string) => requestJson<Token>('/tokens', { method: 'POST', json: { name } })
export const deleteToken = (id: string) => request(`/tokens/${id}`, { method: 'DELETE' })

// Projects, classes, members
export const listProjects = (signal?: AbortSignal) => everyPage<Project>('/projects', signal)
export const getProject = (id: string) => requestJson<Project>(`/projects/${id}`)
export const createProject = (json: ProjectInput) =>
  requestJson<Project>('/projects', { method: 'POST', json })
export const patchProject = (
  id: string,
  json: { name?: string; description?: string; exclusive?: boolean; class_order?: readonly string[] },
) => requestJson<Project>(`/projects/${id}`, { method: 'PATCH', json })
export const deleteProject = (id: string) => request(`/projects/${id}`, { method: 'DELETE' })
export const createClass = (project: string, json: ClassInput) =>
  requestJson<LabelClass>(`/projects/${project}/classes`, { method: 'POST', json })
export const patchClass = (id: string, json: Partial<ClassInput>) =>
  requestJson<LabelClass>(`/classes/${id}`, { method: 'PATCH', json })
export const deleteClass = (id: string, target: string | null) =>
  request(`/classes/${id}${queryString({ target })}`, { method: 'DELETE' })
export const listMembers = (project: string) => everyPage<Member>(`/projects/${project}/members`)
export const addMember = (project: string, json: { email: string; role: Role }) =>
  requestJson<Member>(`/projects/${project}/members`, { method: 'POST', json })
export const patchMember = (id: string, role: Role) =>
  requestJson<Member>(`/members/${id}`, { method: 'PATCH', json: { role } })
export const deleteMember = (id: string) => request(`/members/${id}`, { method: 'DELETE' })

// Images
export const listImages = (
  project: string,
  filters: ImageFilters,
  cursor: string | null,
  limit: number,
  signal?: AbortSignal,
) =>
  requestJson<ImagePage>(
    `/projects/${project}/images${queryString({ ...imageQuery(filters), cursor, limit })}`,
    signal ? { signal } : {},
  )
export const patchImage = (
  id: string,
  json: Partial<Pick<ImageItem, 'name' | 'group' | 'source_url' | 'licence' | 'attribution'>>,
) => requestJson<ImageItem>(`/images/${id}`, { method: 'PATCH', json })
export const deleteImage = (id: string) => request(`/images/${id}`, { method: 'DELETE' })
/** The next image of a queue, claimed for 30 minutes; undefined when the queue is empty. */
export const claimNext = (project: string, queue: 'annotate' | 'review') =>
  requestJson<ImageItem | undefined>(`/projects/${project}/next`, { method: 'POST', json: { queue } })

// Reads and long work
export const getStatistics = (project: string) => requestJson<Statistics>(`/projects/${project}/statistics`)
export const listVersions = (project: string) => everyPage<Version>(`/projects/${project}/versions`)
export const createVersion = (
  project: string,
  json: { name?: string; note?: string; statuses?: readonly ImageStatus[] },
) => requestJson<Version>(`/projects/${project}/versions`, { method: 'POST', json })
export const listFormats = () => everyPage<Format>('/formats')
export const startExport = (version: string, json: { format: string; options: Record<string, unknown> }) =>
  requestJson<Job>(`/versions/${version}/exports`, { method: 'POST', json })
export const startImport = (project: string, form: FormData) =>
  requestJson<Job>(`/projects/${project}/imports`, { method: 'POST', form })
export const listJobs = (filters: { project?: string; state?: string; kind?: string }, limit = 100) =>
  requestJson<Page<Job>>(`/jobs${queryString({ ...filters, limit })}`)
export const getJob = (id: string) => requestJson<Job>(`/jobs/${id}`)
export const cancelJob = (id: string) => requestJson<Job>(`/jobs/${id}/cancel`, { method: 'POST' })
export const retryJob = (id: string) => requestJson<Job>(`/jobs/${id}/retry`, { method: 'POST' })
