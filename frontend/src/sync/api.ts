/**
 * Typed calls of the HTTP interface, one function a request, and the shapes they answer.
 * Owns paths and shapes only: transport is in client.ts, caching in React Query, batching of uploads in upload.ts.
 */
import { API, request, requestJson } from './client'
import type { components } from './schema.gen'

type Schemas = components['schemas']
/** What was read from the server is never changed in place. */
export type Fixed<T> = T extends readonly (infer Item)[]
  ? readonly Fixed<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Fixed<T[Key]> }
    : T

export type Role = Schemas['Role']
export type TaskType = Schemas['TaskType']
export type ImageStatus = Schemas['ImageStatus']
export type Split = Schemas['Split']
export type JobState = Schemas['JobState']

export const ROLES: readonly Role[] = ['viewer', 'annotator', 'reviewer', 'manager', 'owner']
export const STATUSES: readonly ImageStatus[] = ['new', 'in_progress', 'submitted', 'accepted', 'returned']
export const SPLITS: readonly Split[] = ['train', 'val', 'test']

/** Whether `mine` may do what `needed` may do. */
export function atLeast(mine: Role | undefined, needed: Role): boolean {
  return mine !== undefined && ROLES.indexOf(mine) >= ROLES.indexOf(needed)
}

export type Person = Fixed<Schemas['Person']>
/** What to call a person: the name, or the address of one who has not given a name; '' for nobody. */
export function personName(person: Person | null): string {
  if (!person) return ''
  return person.name === '' ? person.email : person.name
}

export type Me = Fixed<Schemas['Me']>
export type User = Me['user']
export type Preferences = User['preferences']
export type AttributeSpec = Fixed<Schemas['Attribute']>
export type LabelClass = Fixed<Schemas['LabelClass']>
export type ClassInput = Omit<Fixed<Schemas['ClassInput']>, 'attributes'> & {
  readonly attributes?: readonly AttributeSpec[]
}
/** `invite_url` only in the answer to an invitation, for a person who has no password yet. */
export type Member = Fixed<Schemas['Member']> & { readonly invite_url?: string | null }
export type Counts = Fixed<Schemas['Counts']>
export type Project = Fixed<Schemas['Project']>
export type ProjectInput = Omit<Fixed<Schemas['ProjectInput']>, 'classes'> & {
  readonly classes: readonly ClassInput[]
}
export type ImageItem = Fixed<Schemas['Image']>
export type ImagePage = Fixed<Schemas['ImagePage']>
export type ImageSort =
  'name' | '-name' | 'created' | '-created' | 'updated' | '-updated' | 'objects' | '-objects'
export interface ImageFilters {
  readonly status: readonly ImageStatus[]
  readonly split: Split | ''
  readonly class: number | null
  readonly q: string
  /** Only images with comments that are not resolved. */
  readonly openComments: boolean
  readonly sort: ImageSort
}
export type UploadResult = Fixed<Schemas['UploadResult']>
export type Statistics = Fixed<Schemas['Statistics']>
export type Changelog = Fixed<Schemas['Changelog']>
export type Version = Fixed<Schemas['Version']>
export type FormatOption = Omit<Fixed<Schemas['FormatOption']>, 'default'> & {
  readonly default: string | boolean
}
export type Format = Omit<Fixed<Schemas['Format']>, 'options'> & { readonly options: readonly FormatOption[] }
export type JobLogLine = Fixed<Schemas['LogLine']>
/** `log` only where one job was asked for. */
export type Job = Fixed<Schemas['Job']> & { readonly log?: readonly JobLogLine[] }
export type Token = Fixed<Schemas['Token']>
export type NewToken = Fixed<Schemas['NewToken']>

export interface Page<T> {
  readonly results: readonly T[]
  readonly next: string | null
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
    comments: filters.openComments ? 'open' : '',
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
export const patchMe = (
  json: Partial<Pick<User, 'name' | 'language' | 'preferences'>>,
  { keepalive = false }: { keepalive?: boolean } = {},
) => requestJson<Me>('/me', { method: 'PATCH', json, keepalive })
export const signIn = (json: { email: string; password: string }) =>
  requestJson<Me>('/session', { method: 'POST', json })
export const signOut = () => request('/session', { method: 'DELETE' })
export const acceptInvitation = (json: { token: string; name: string; password: string }) =>
  requestJson<Me>('/invitations/accept', { method: 'POST', json })
export const listTokens = () => everyPage<Token>('/tokens')
export const createToken = (name: string) =>
  requestJson<NewToken>('/tokens', { method: 'POST', json: { name } })
export const deleteToken = (id: string) => request(`/tokens/${id}`, { method: 'DELETE' })

// Projects, classes, members
export const listProjects = (signal?: AbortSignal) => everyPage<Project>('/projects', signal)
export const getProject = (id: string) => requestJson<Project>(`/projects/${id}`)
export const createProject = (json: ProjectInput) =>
  requestJson<Project>('/projects', { method: 'POST', json })
export const patchProject = (
  id: string,
  json: {
    name?: string
    description?: string
    exclusive?: boolean
    auto_prelabel?: boolean
    class_order?: readonly string[]
  },
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
