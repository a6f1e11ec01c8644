/** The editor's requests: a document with its objects, change sets, the workflow of one image, its neighbours. */
import { decode } from '@msgpack/msgpack'

import type { DocumentState } from '@/core/document'
import { documentFromWire, type WireDocument } from '@/core/wire'

import { type ImageItem, queryString } from './api'
import { API, request, requestJson } from './client'
import type { Transport } from './queue'
import type { ChangeAnswer, ServerDocument } from './wire'

/** A request without an answer by then counts as a lost network: it is tried again with the same key. */
const PATIENCE_MS = 30_000

async function getDocument(id: string, revision: number | null = null): Promise<WireDocument> {
  const path = `/documents/${id}${queryString({ revision })}`
  const response = await request(path, { accept: 'application/msgpack' })
  const body = new Uint8Array(await response.arrayBuffer())
  if ((response.headers.get('Content-Type') ?? '').includes('msgpack')) return decode(body) as WireDocument
  return JSON.parse(new TextDecoder().decode(body)) as WireDocument
}

export interface OpenedDocument {
  readonly state: DocumentState
  readonly server: ServerDocument
}

/** `revision`: as it was then; now when left out. */
export async function openDocument(id: string, revision: number | null = null): Promise<OpenedDocument> {
  const wire = await getDocument(id, revision)
  return { state: documentFromWire(wire), server: wire as unknown as ServerDocument }
}

export const transport: Transport = {
  send: (document, body, { keepalive }) =>
    requestJson<ChangeAnswer>(`/documents/${document}/changes`, {
      method: 'POST',
      json: body,
      keepalive,
      ...(keepalive ? {} : { signal: AbortSignal.timeout(PATIENCE_MS) }),
    }),
  fetch: async (document) => (await getDocument(document)) as unknown as ServerDocument,
  head: async (image, document) => {
    const { results } = await requestJson<{ results: { id: string; revision: number }[] }>(
      `/images/${image}/documents`,
    )
    return results.find((item) => item.id === document)?.revision ?? 0
  },
}

export interface Neighbours {
  readonly previous: string | null
  readonly next: string | null
  readonly position: number
  readonly count: number
}

/** `filters`: the image list's query string, so that next and previous follow the list a person came from. */
export const getNeighbours = (image: string, filters: string) =>
  requestJson<Neighbours>(`/images/${image}/neighbours${filters}`)
export const getImage = (id: string) => requestJson<ImageItem>(`/images/${id}`)
export const submitImage = (id: string) => requestJson<ImageItem>(`/images/${id}/submit`, { method: 'POST' })
export const reopenImage = (id: string) => requestJson<ImageItem>(`/images/${id}/reopen`, { method: 'POST' })
export const reviewImage = (id: string, json: { decision: 'accept' | 'return'; comment: string }) =>
  requestJson<ImageItem>(`/images/${id}/review`, { method: 'POST', json })

/** Where an image's pixels come from; answers of the server name it too. */
export const imageFileUrl = (image: Pick<ImageItem, 'id' | 'file'>) =>
  image.file || `${API}/images/${image.id}/file`
