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

/**
 * A document that was asked for ahead is good for so long. What others changed meanwhile is merged as soon as it is open:
 * the first heartbeat tells the newest revision.
 */
const AHEAD_MS = 300_000
/** Whoever comes near again within this time does not ask again. */
const AGAIN_MS = 5_000
const MOST_AHEAD = 8
/** One that was just left may have changes under way: it is read when it is opened. */
const LEFT_MS = 30_000
const left = new Map<string, number>()
const ahead = new Map<string, { readonly at: number; readonly wire: Promise<WireDocument> }>()

/** Asks for a document that will probably be opened next. */
export function prefetchDocument(id: string): void {
  const there = ahead.get(id)
  if (Date.now() - (left.get(id) ?? 0) < LEFT_MS) return
  if (there && Date.now() - there.at < AGAIN_MS) return
  const wire = getDocument(id)
  wire.catch(() => ahead.delete(id))
  ahead.delete(id)
  ahead.set(id, { at: Date.now(), wire })
  for (const key of ahead.keys()) if (ahead.size > MOST_AHEAD) ahead.delete(key)
}

/** Something changed documents behind the editor's back: what was read ahead is read anew. */
export function forgetPrefetched(): void {
  ahead.clear()
}

function takeAhead(id: string): Promise<WireDocument> | null {
  const found = ahead.get(id)
  ahead.delete(id)
  return found && Date.now() - found.at < AHEAD_MS ? found.wire : null
}

/** `revision`: as it was then; now when left out. */
export async function openDocument(id: string, revision: number | null = null): Promise<OpenedDocument> {
  const wire = await (revision === null
    ? (takeAhead(id) ?? getDocument(id, null))
    : getDocument(id, revision))
  left.set(id, Date.now())
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
