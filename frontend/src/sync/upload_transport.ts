/** Sends one batch of files as multipart, telling the bytes that left: XMLHttpRequest, as fetch cannot tell. */
import type { UploadResult } from './api'
import { API, ApiProblem, csrfToken, NetworkFailure, type ProblemItem } from './client'
import type { PickedFile } from './upload'

export function filesForm(files: readonly PickedFile[]): FormData {
  const form = new FormData()
  for (const { file, path } of files) {
    form.append('files', file, file.name)
    form.append('paths', path)
  }
  return form
}

function problemOf(xhr: XMLHttpRequest): Error {
  let body: Record<string, unknown>
  try {
    body = JSON.parse(xhr.responseText) as Record<string, unknown>
  } catch {
    if (xhr.status >= 500) return new NetworkFailure(new Error(`HTTP ${xhr.status}`))
    return new ApiProblem(xhr.status, 'http', xhr.statusText, '', [], {})
  }
  const text = (key: string) => (typeof body[key] === 'string' ? body[key] : '')
  const errors = Array.isArray(body.errors) ? (body.errors as ProblemItem[]) : []
  return new ApiProblem(xhr.status, text('type') || 'http', text('title'), text('detail'), errors, {})
}

/** POSTs the files to a project. Rejects with ApiProblem, NetworkFailure, or an AbortError. */
export function sendImages(
  project: string,
  files: readonly PickedFile[],
  onProgress: (bytesSent: number) => void,
  signal: AbortSignal,
): Promise<readonly UploadResult[]> {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest()
    xhr.open('POST', `${API}/projects/${project}/images`)
    xhr.setRequestHeader('Accept', 'application/json')
    xhr.setRequestHeader('X-CSRFToken', csrfToken())
    xhr.upload.onprogress = (event) => onProgress(event.loaded)
    xhr.onerror = () => reject(new NetworkFailure(new Error('upload broken off')))
    xhr.onabort = () => reject(new DOMException('cancelled', 'AbortError'))
    xhr.onload = () => {
      if (xhr.status >= 200 && xhr.status < 300) {
        resolve((JSON.parse(xhr.responseText) as { results: UploadResult[] }).results)
      } else reject(problemOf(xhr))
    }
    signal.addEventListener('abort', () => xhr.abort(), { once: true })
    xhr.send(filesForm(files))
  })
}
