/**
 * Which of the image's documents is open: `?document=` in the address, else the primary one; and who may change it (the
 * server decides, by the same table: services/document.py).
 */
import { useQuery } from '@tanstack/react-query'
import { useCallback } from 'react'
import { useNavigate, useSearchParams } from 'react-router'

import { atLeast, type ImageItem, type Role } from '@/sync/api'
import { type DocumentEntry, listDocuments } from '@/sync/togetherApi'

import { isReadOnly } from '../workflow'
import { documentsKey } from './useHistoryPages'

const DOCUMENT = 'document'

export interface OpenDocument {
  readonly id: string
  readonly primary: boolean
  /** Undefined until it is known who may change it. */
  readonly readOnly: boolean | undefined
}

export function useOpenDocument(image: ImageItem, role: Role, user: string): OpenDocument {
  const [search] = useSearchParams()
  const id = search.get(DOCUMENT) ?? image.document
  const primary = id === image.document
  const { data, isError } = useQuery({
    queryKey: documentsKey(image.id),
    queryFn: () => listDocuments(image.id),
    enabled: !primary,
  })
  if (primary) return { id, primary, readOnly: isReadOnly(image, role) }
  const entry = data?.find((each) => each.id === id)
  const known = entry !== undefined || data !== undefined || isError
  return { id, primary, readOnly: known ? !mayChange(entry, image, role, user) : undefined }
}

export function mayChange(
  entry: Pick<DocumentEntry, 'role' | 'author'> | undefined,
  image: ImageItem,
  role: Role,
  user: string,
): boolean {
  if (!entry) return false
  if (entry.role === 'replica') return entry.author?.id === user && atLeast(role, 'annotator')
  return entry.role === 'primary' ? !isReadOnly(image, role) : atLeast(role, 'reviewer')
}

/** The address without the document: that of another image is another. */
export function withoutDocument(search: string): string {
  const left = new URLSearchParams(search)
  left.delete(DOCUMENT)
  const text = left.toString()
  return text === '' ? '' : `?${text}`
}

/** Opens another document of the same image; null: the primary one. */
export function useGoToDocument(): (document: string | null) => void {
  const navigate = useNavigate()
  return useCallback(
    (document) => {
      const search = new URLSearchParams(window.location.search)
      if (document === null) search.delete(DOCUMENT)
      else search.set(DOCUMENT, document)
      void navigate({ search: search.toString() })
    },
    [navigate],
  )
}
