/** Requests of working together: revisions, further documents, comments, presence. Owns paths and shapes only. */
import type { DocumentState } from '@/core/document'

import type { Fixed, Page } from './api'
import { queryString } from './api'
import { request, requestJson } from './client'
import { openDocument } from './documentApi'
import type { components } from './schema.gen'
import type { ChangeAnswer } from './wire'

type Schemas = components['schemas']

export type RevisionItem = Fixed<Schemas['Revision']>
export type DocumentEntry = Fixed<Schemas['DocumentEntry']>
export type CommentThread = Fixed<Schemas['Comment']>
export type CommentReply = Fixed<Schemas['Reply']>
export type Here = Fixed<Schemas['Presence']>
export type Other = Fixed<Schemas['Other']>
export type FurtherRole = 'replica' | 'ground_truth' | 'consensus'

const HISTORY_PAGE = 100

export const listRevisions = (document: string, cursor: string | null) =>
  requestJson<Page<RevisionItem>>(
    `/documents/${document}/history${queryString({ cursor, limit: HISTORY_PAGE })}`,
  )

/** The document as it was at a revision. */
export async function documentAt(document: string, revision: number): Promise<DocumentState> {
  return (await openDocument(document, revision)).state
}

export const restoreDocument = (
  document: string,
  json: { revision: number; base_revision: number; key: string; objects?: readonly string[] },
) => requestJson<ChangeAnswer>(`/documents/${document}/restore`, { method: 'POST', json })

export const listDocuments = async (image: string): Promise<readonly DocumentEntry[]> =>
  (await requestJson<Page<DocumentEntry>>(`/images/${image}/documents`)).results

export const createDocument = (image: string, role: FurtherRole) =>
  requestJson<DocumentEntry>(`/images/${image}/documents`, { method: 'POST', json: { role } })

export async function listComments(image: string): Promise<readonly CommentThread[]> {
  const all: CommentThread[] = []
  let cursor: string | null = null
  do {
    const page: Page<CommentThread> = await requestJson(
      `/images/${image}/comments${queryString({ cursor, limit: 200 })}`,
    )
    all.push(...page.results)
    cursor = page.next
  } while (cursor !== null)
  return all
}

export interface NewComment {
  readonly text: string
  readonly point?: readonly [number, number]
  readonly object?: string
}

export const createComment = (image: string, json: NewComment) =>
  requestJson<CommentThread>(`/images/${image}/comments`, { method: 'POST', json })
export const replyToComment = (thread: string, text: string) =>
  requestJson<CommentThread>(`/comments/${thread}/replies`, { method: 'POST', json: { text } })
export const patchComment = (id: string, json: { text?: string; resolved?: boolean }) =>
  requestJson<CommentThread>(`/comments/${id}`, { method: 'PATCH', json })
export const deleteComment = (id: string) => request(`/comments/${id}`, { method: 'DELETE' })

export const tellPresence = (
  image: string,
  json: { tab: string; document?: string; editing?: boolean; leaving?: boolean },
  { keepalive = false }: { keepalive?: boolean } = {},
) => requestJson<Here>(`/images/${image}/presence`, { method: 'POST', json, keepalive })
