/** The query cache: keys, what is retried, and what happens on an expired login or a lost server. */
import {
  MutationCache,
  QueryCache,
  QueryClient,
  queryOptions,
  useQuery,
  useSuspenseQuery,
} from '@tanstack/react-query'

import {
  getMe,
  getProject,
  listFormats,
  type ImageFilters,
  type Me,
  type Project,
  type Role,
  atLeast,
} from '@/sync/api'
import { ApiProblem, NetworkFailure } from '@/sync/client'

import { reportServer } from './connection'

export const keys = {
  me: ['me'] as const,
  tokens: ['tokens'] as const,
  projects: ['projects'] as const,
  formats: ['formats'] as const,
  project: (id: string) => ['project', id] as const,
  images: (id: string) => ['images', id] as const,
  imageList: (id: string, filters: ImageFilters) => ['images', id, filters] as const,
  statistics: (id: string) => ['statistics', id] as const,
  versions: (id: string) => ['versions', id] as const,
  members: (id: string) => ['members', id] as const,
  jobs: (project: string) => ['jobs', project] as const,
  job: (id: string) => ['job', id] as const,
  models: (project: string) => ['models', project] as const,
  model: (id: string) => ['model', id] as const,
  trainingOptions: (project: string) => ['training-options', project] as const,
  queue: (project: string) => ['queue', project] as const,
  learningCurve: (project: string) => ['learning-curve', project] as const,
}

const SKELETON_AFTER = 250 // ms

/** Asks /me; null means signed out. */
async function meOrNull(): Promise<Me | null> {
  try {
    return await getMe()
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 401) return null
    throw error
  }
}

function createClient(): QueryClient {
  const failed = (error: unknown): void => {
    if (error instanceof NetworkFailure) reportServer(false)
    else if (error instanceof ApiProblem) {
      reportServer(true)
      if (error.status === 401) queryClient.setQueryData(keys.me, null)
    }
  }
  return new QueryClient({
    queryCache: new QueryCache({ onError: failed, onSuccess: () => reportServer(true) }),
    mutationCache: new MutationCache({
      onError: (error, _variables, _result, mutation) => {
        if (mutation.meta?.quiet !== true) failed(error)
      },
      onSuccess: () => reportServer(true),
    }),
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        retry: (count, error) => error instanceof NetworkFailure && count < 2,
        retryDelay: (count) => 500 * 2 ** count,
      },
    },
  })
}

export const queryClient = createClient()

export function useMe() {
  return useQuery({ queryKey: keys.me, queryFn: meOrNull, staleTime: 300_000 })
}

const projectOptions = (id: string) =>
  queryOptions({ queryKey: keys.project(id), queryFn: () => getProject(id) })

export function useProject(id: string) {
  return useSuspenseQuery(projectOptions(id))
}

/**
 * Has the project before its page is drawn, when it comes soon. Once React has shown a skeleton it keeps it for
 * 300 ms: most of what opening a project took.
 */
export async function prefetchProject(id: string): Promise<void> {
  const late = new Promise<void>((resolve) => setTimeout(resolve, SKELETON_AFTER))
  await Promise.race([queryClient.query(projectOptions(id)).catch(() => undefined), late])
}

export function useFormats() {
  return useQuery({ queryKey: keys.formats, queryFn: listFormats, staleTime: Infinity })
}

export function can(project: Project, needed: Role): boolean {
  return atLeast(project.role, needed)
}
