/** The document's revisions, a page at a time, and its states then and now. */
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useMemo } from 'react'

import type { AnnotationRecord } from '@/core/document'
import { type DocumentEntry, documentAt, listDocuments, listRevisions } from '@/sync/togetherApi'
import { openDocument } from '@/sync/documentApi'

import type { Opened } from '../open'
import { useObjects, useSaveState } from '../use'
import type { Source } from './state'

export const historyKey = (document: string) => ['history', document] as const
export const documentsKey = (image: string) => ['documents', image] as const

export function useHistoryPages(opened: Opened) {
  const client = useQueryClient()
  const { id } = opened.session.given.document
  useSaveState(opened)
  useObjects(opened.session)
  const head = opened.queue.currentRevision
  const pages = useInfiniteQuery({
    queryKey: historyKey(id),
    queryFn: ({ pageParam }) => listRevisions(id, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    staleTime: 0,
  })
  const newest = pages.data?.pages[0]?.results[0]?.revision ?? 0
  const behind = pages.isSuccess && newest < head
  useEffect(() => {
    if (behind) void client.invalidateQueries({ queryKey: historyKey(id) })
  }, [behind, head, client, id])
  const revisions = useMemo(() => pages.data?.pages.flatMap((page) => page.results) ?? [], [pages.data])
  return { revisions, head, pages }
}

export function useDocuments(image: string): readonly DocumentEntry[] {
  const { data } = useQuery({ queryKey: documentsKey(image), queryFn: () => listDocuments(image) })
  return data ?? []
}

/** The objects of a source; undefined while they are being read. What is open in the editor is shown as it is there. */
export function useRecords(
  opened: Opened,
  source: Source | null,
): { readonly records: readonly AnnotationRecord[] | undefined; readonly error: unknown } {
  const { id } = opened.session.given.document
  const here = useObjects(opened.session)
  const live = source !== null && source.document === id && source.revision === null
  const read = useQuery({
    queryKey: ['state', source?.document, source?.revision],
    queryFn: async () => {
      if (source === null) return []
      const { document, revision } = source
      return (revision === null ? (await openDocument(document)).state : await documentAt(document, revision))
        .records
    },
    enabled: source !== null && !live,
    // A past state never changes; that of another document is looked at anew each time.
    staleTime: source?.revision === null ? 0 : Infinity,
    gcTime: 60_000,
  })
  return { records: live ? here : read.data, error: live ? null : read.error }
}
