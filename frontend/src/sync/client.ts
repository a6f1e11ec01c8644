/**
 * The one place that talks HTTP: JSON or MessagePack in and out, CSRF for the session, problem+json to `ApiProblem`.
 * Owns no caching and no retries: React Query (pages) and the change queue (editor) do.
 */

export interface ProblemItem {
  readonly where: string
  readonly message: string
}

/** A problem+json answer. `extra` holds the members beyond the standard ones (a 409's `conflicts`, ...). */
export class ApiProblem extends Error {
  constructor(
    readonly status: number,
    readonly type: string,
    readonly title: string,
    readonly detail: string,
    readonly errors: readonly ProblemItem[],
    readonly extra: Readonly<Record<string, unknown>>,
  ) {
    super(detail || title)
    this.name = 'ApiProblem'
  }
}

/** The server could not be reached, or broke off: worth another try later. */
export class NetworkFailure extends Error {
  constructor(cause: unknown) {
    super('network failure')
    this.name = 'NetworkFailure'
    this.cause = cause
  }
}

export function csrfToken(): string {
  const match = /(?:^|;\s*)csrftoken=([^;]+)/.exec(document.cookie)
  return match?.[1] ?? ''
}

export interface RequestOptions {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly json?: unknown
  readonly form?: FormData
  readonly signal?: AbortSignal
  readonly accept?: string
  readonly keepalive?: boolean
}

export const API = '/api/v1'

/** Sends one request; resolves with the response when its status is 2xx, rejects with ApiProblem or NetworkFailure. */
export async function request(path: string, options: RequestOptions = {}): Promise<Response> {
  const headers = new Headers({ Accept: options.accept ?? 'application/json' })
  const method = options.method ?? 'GET'
  if (method !== 'GET') headers.set('X-CSRFToken', csrfToken())
  let body: BodyInit | null = null
  if (options.form) body = options.form
  else if (options.json !== undefined) {
    headers.set('Content-Type', 'application/json')
    body = JSON.stringify(options.json)
  }
  let response: Response
  try {
    response = await fetch(path.startsWith('/') && !path.startsWith(API) ? API + path : path, {
      method,
      headers,
      body,
      credentials: 'same-origin',
      ...(options.signal ? { signal: options.signal } : {}),
      ...(options.keepalive ? { keepalive: true } : {}),
    })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new NetworkFailure(error)
  }
  if (response.ok) return response
  throw await problemOf(response)
}

/** GET / POST ... that answers JSON (undefined for 204). */
export async function requestJson<T>(path: string, options: RequestOptions = {}): Promise<T> {
  const response = await request(path, options)
  if (response.status === 204) return undefined as T
  return (await response.json()) as T
}

async function problemOf(response: Response): Promise<ApiProblem | NetworkFailure> {
  const kind = response.headers.get('Content-Type') ?? ''
  if (!kind.includes('json')) {
    if (response.status >= 500) return new NetworkFailure(new Error(`HTTP ${String(response.status)}`))
    return new ApiProblem(response.status, 'http', response.statusText, '', [], {})
  }
  const { type, title, detail, errors, ...extra } = (await response.json()) as Record<string, unknown>
  return new ApiProblem(
    response.status,
    typeof type === 'string' ? type : 'http',
    typeof title === 'string' ? title : response.statusText,
    typeof detail === 'string' ? detail : '',
    Array.isArray(errors) ? (errors as ProblemItem[]) : [],
    extra,
  )
}
