/** What the compared states are called, and which there are to choose from. */
import { useTranslation } from 'react-i18next'

import { personName } from '@/sync/api'
import type { DocumentEntry } from '@/sync/togetherApi'

import type { Opened } from '../open'
import { clockTime } from './clock'
import type { Source } from './state'
import { useDocuments, useHistoryPages } from './useHistoryPages'

export const sourceKey = ({ document, revision }: Source) => `${document} ${revision ?? 'now'}`

export function useDocumentName(): (document: DocumentEntry) => string {
  const { t } = useTranslation('together')
  return ({ role, author }) =>
    role === 'replica' && author
      ? t('document.replicaOf', { name: personName(author) })
      : t(`document.${role}`)
}

export function useSourceName(opened: Opened, image: string): (source: Source) => string {
  const { t } = useTranslation('together')
  const documents = useDocuments(image)
  const documentName = useDocumentName()
  const here = opened.session.given.document.id
  return ({ document, revision }) => {
    if (revision !== null) return t('source.revision', { number: revision })
    const entry = documents.find((each) => each.id === document)
    if (document === here) return t('source.now')
    return entry ? documentName(entry) : t('document.primary')
  }
}

export interface SourceChoice {
  readonly source: Source
  readonly label: string
}

/** What is open as it is now, the other documents of the image, then the revisions that were read. */
export function useSources(opened: Opened, image: string): readonly SourceChoice[] {
  const { t, i18n } = useTranslation('together')
  const { revisions } = useHistoryPages(opened)
  const documents = useDocuments(image)
  const documentName = useDocumentName()
  const here = opened.session.given.document.id
  const others = documents.filter((each) => each.id !== here)
  return [
    { source: { document: here, revision: null }, label: t('source.now') },
    ...others.map((each) => ({ source: { document: each.id, revision: null }, label: documentName(each) })),
    ...revisions.map((each) => ({
      source: { document: here, revision: each.revision },
      label: t('source.revisionAt', {
        number: each.revision,
        time: clockTime(each.created, i18n.language),
        name: each.author ? personName(each.author) : t('somebody'),
      }),
    })),
    { source: { document: here, revision: 0 }, label: t('source.empty') },
  ]
}
