/** What differs between the state that is looked at and the document as it is; which of it is chosen to come back. */
import { useMemo, useSyncExternalStore } from 'react'

import { type Difference, differences } from '@/core/compare'
import type { AnnotationRecord } from '@/core/document'
import type { Mark } from '@/render/marks'
import { Observable } from '@/tools/editorState'

import type { Opened } from '../open'
import { useObjects } from '../use'
import type { Preview } from './state'
import { useRecords } from './useHistoryPages'

/** The chosen objects and the one that the pointer or the focus is on; beside the state, as it changes often. */
export interface Choice {
  readonly ids: ReadonlySet<string>
  readonly pointed: string | null
}

export const choice = new Observable<Choice>({ ids: new Set(), pointed: null })

export function useChoice(): Choice {
  return useSyncExternalStore(choice.subscribe, choice.get)
}

export interface Look {
  readonly records: readonly AnnotationRecord[] | undefined
  readonly error: unknown
  readonly found: readonly Difference[]
  readonly marks: readonly Mark[]
}

const NOTHING: readonly Difference[] = []

export function useLook(opened: Opened, preview: Preview): Look {
  const { id } = opened.session.given.document
  const source = useMemo(() => ({ document: id, revision: preview.revision }), [id, preview.revision])
  const { records, error } = useRecords(opened, source)
  const now = useObjects(opened.session)
  const { ids, pointed } = useChoice()
  const found = useMemo(() => (records ? differences(records, now) : NOTHING), [records, now])
  const marks = useMemo(
    () =>
      found.map(({ id: key, kind, before, after }): Mark => ({
        record: (before ?? after)!,
        tone: kind,
        chosen: ids.has(key) || key === pointed,
      })),
    [found, ids, pointed],
  )
  return { records, error, found, marks }
}
