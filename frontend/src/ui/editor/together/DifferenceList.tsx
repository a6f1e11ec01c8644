/** The objects that differ between the revision on screen and now: look at one, choose those that shall come back. */
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'

import { type Difference } from '@/core/compare'
import { bboxOf } from '@/core/shapes'
import { fitRect } from '@/core/viewport'
import { Checkbox } from '@/ui/kit/Field'
import { Skeleton } from '@/ui/kit/Bits'

import { ClassSwatch } from '../ClassSwatch'
import type { Opened } from '../open'
import type { EditorSession } from '../session'
import { usePart } from '../use'
import { walkRows } from './AsideStage'
import type { Preview } from './state'
import { choice, useChoice, useLook } from './useLook'

/** More are not listed: they are all on the canvas, and all come back with the whole state. */
const LISTED = 200
const SIGNS = { added: '+', removed: '−', changed: '≠' } as const

interface ListProps {
  readonly opened: Opened
  readonly preview: Preview
}

export function DifferenceList({ opened, preview }: ListProps) {
  const { t } = useTranslation('together')
  const { records, found } = useLook(opened, preview)
  const { ids } = useChoice()
  useEffect(() => {
    choice.set({ ids: new Set(), pointed: null })
    return () => choice.set({ ids: new Set(), pointed: null })
  }, [preview.revision])
  if (!records) return <Skeleton style={{ height: 60, margin: '0 16px 12px' }} />
  if (found.length === 0) return <p className="side-note">{t('difference.none')}</p>
  return (
    <div className="differences" role="group" aria-label={t('difference.title')}>
      <h3>{t('difference.since', { count: found.length })}</h3>
      <ul onKeyDown={walkRows}>
        {found.slice(0, LISTED).map((difference) => (
          <DifferenceRow
            key={difference.id}
            session={opened.session}
            difference={difference}
            chosen={ids.has(difference.id)}
          />
        ))}
      </ul>
      {found.length > LISTED && (
        <p className="small muted">{t('difference.more', { count: found.length - LISTED })}</p>
      )}
    </div>
  )
}

interface RowProps {
  readonly session: EditorSession
  readonly difference: Difference
  readonly chosen: boolean
}

function DifferenceRow({ session, difference, chosen }: RowProps) {
  const { t } = useTranslation('together')
  const { t: word } = useTranslation('editor')
  const classes = usePart(session.state, (state) => state.classes)
  const record = (difference.before ?? difference.after)!
  const label = classes.find((item) => item.index === record.classIndex)
  const name = label?.name ?? word('unknownClass', { index: record.classIndex })
  const toggle = (on: boolean) => {
    const ids = new Set(choice.get().ids)
    if (on) ids.add(difference.id)
    else ids.delete(difference.id)
    choice.set({ ids })
  }
  const point = (pointed: string | null) => choice.set({ pointed })
  return (
    <li
      className="difference"
      data-tone={difference.kind}
      onPointerEnter={() => point(difference.id)}
      onPointerLeave={() => point(null)}
    >
      <Checkbox bare label={t('difference.choose', { name })} checked={chosen} onValue={toggle} />
      <button
        type="button"
        data-row
        onFocus={() => point(difference.id)}
        onBlur={() => point(null)}
        onClick={() => session.setViewport(fitRect(session.view.get().viewport, bboxOf(record), 120))}
      >
        <span className="sign" aria-hidden>
          {SIGNS[difference.kind]}
        </span>
        <ClassSwatch index={record.classIndex} colour={label?.colour} size={12} />
        <span className="truncate">{name}</span>
        <span className="small muted">{t(`difference.${difference.kind}`)}</span>
      </button>
    </li>
  )
}
