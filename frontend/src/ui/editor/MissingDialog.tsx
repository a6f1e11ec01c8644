/** What keeps an image from being submitted: objects without a required attribute, each a click away. */
import { useTranslation } from 'react-i18next'

import { missingRequired } from '@/core/attributes'
import type { AnnotationRecord } from '@/core/document'
import { Dialog } from '@/ui/kit/Dialog'

import { ClassSwatch } from './ClassSwatch'
import type { EditorSession } from './session'

export interface Missing {
  readonly record: AnnotationRecord
  readonly names: readonly string[]
}

/** The objects that lack a required attribute, bottom first. */
export function missingIn(session: EditorSession): Missing[] {
  const schemas = new Map(session.state.get().classes.map((item) => [item.index, item.attributes ?? []]))
  return session.store.ordered().flatMap((record) => {
    const names = missingRequired(record.attributes, schemas.get(record.classIndex) ?? [])
    return names.length > 0 ? [{ record, names }] : []
  })
}

interface MissingProps {
  readonly session: EditorSession
  readonly missing: readonly Missing[]
  readonly onClose: () => void
  /** Shows the panel in which attributes are edited. */
  readonly onShow: () => void
}

const LISTED = 100

export function MissingDialog({ session, missing, onClose, onShow }: MissingProps) {
  const { t } = useTranslation('together')
  const { t: word } = useTranslation('editor')
  const { classes } = session.state.get()
  const show = ({ record }: Missing) => {
    onClose()
    onShow()
    session.tools.use('select')
    session.state.set({ selection: new Set([record.id]), vertices: [] })
    session.tools.zoomToSelection()
  }
  return (
    <Dialog
      open={missing.length > 0}
      onOpenChange={(open) => !open && onClose()}
      title={t('missing.title', { count: missing.length })}
      description={t('missing.text')}
    >
      <ul className="missing-list">
        {missing.slice(0, LISTED).map((each) => {
          const label = classes.find((item) => item.index === each.record.classIndex)
          return (
            <li key={each.record.id}>
              <button type="button" className="match-row" onClick={() => show(each)}>
                <ClassSwatch index={each.record.classIndex} colour={label?.colour} size={12} />
                <span className="truncate">
                  {label?.name ?? word('unknownClass', { index: each.record.classIndex })}
                </span>
                <span className="small muted">{each.names.join(', ')}</span>
              </button>
            </li>
          )
        })}
      </ul>
      {missing.length > LISTED && (
        <p className="small muted">{t('missing.more', { count: missing.length - LISTED })}</p>
      )}
    </Dialog>
  )
}
