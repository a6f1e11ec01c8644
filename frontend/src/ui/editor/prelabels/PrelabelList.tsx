/** The open proposals by falling confidence; virtualised, so five thousand cost as much as ten. */
import { useVirtualizer } from '@tanstack/react-virtual'
import { Check, PencilLine, Waves, X } from 'lucide-react'
import { memo, useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'

import { VOID } from '@/core/document'
import { confidenceOf, type Proposal } from '@/core/prelabels'
import { colourOf } from '@/render/shapes'
import type { ReviewState } from '@/tools/prelabels/review'

import { ClassSwatch } from '../ClassSwatch'
import { revealed } from './reviewOf'
import { useRowKeys } from '../rowKeys'
import type { EditorSession } from '../session'
import { usePart, useShownColours } from '../use'

const ROW = 34

interface ListProps {
  readonly session: EditorSession
  readonly review: ReviewState
}

export function PrelabelList({ session, review }: ListProps) {
  const { t } = useTranslation('prelabels')
  const { open, above, hover, chosen } = review
  const scroller = useRef<HTMLDivElement>(null)
  const readOnly = usePart(session.state, (state) => state.readOnly)
  const classes = usePart(session.state, (state) => state.classes)
  const colours = useShownColours(session)
  const nameOf = useClassName(session)
  const rows = useVirtualizer({
    count: open.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    getItemKey: (position) => open[position]?.record.id ?? position,
    overscan: 8,
  })
  const keys = useRowKeys({
    count: open.length,
    shown: rows.getVirtualItems().map((item) => item.index),
    scrollTo: (position) => rows.scrollToIndex(position, { align: 'auto' }),
  })
  useEffect(() => {
    const position = chosen === null ? -1 : open.findIndex(({ record }) => record.id === chosen)
    if (position >= 0) rows.scrollToIndex(position, { align: 'auto' })
  }, [chosen, open, rows])
  if (open.length === 0) return <p className="panel-empty prelabel-done">{t('list.empty')}</p>
  return (
    <div ref={scroller} className="object-scroll prelabel-scroll">
      <div
        role="list"
        aria-label={t('list.name')}
        onKeyDown={keys.onKeyDown}
        style={{ height: rows.getTotalSize(), position: 'relative' }}
      >
        {rows.getVirtualItems().map(({ index, start, key }) => {
          const proposal = open[index]
          if (!proposal) return null
          const { record } = proposal
          return (
            <Row
              key={key}
              session={session}
              proposal={proposal}
              top={start}
              position={index}
              stop={index === keys.stop}
              onVisit={keys.onVisit}
              name={nameOf(record.classIndex)}
              colour={colourOf(colours, record)}
              known={record.classIndex === VOID || classes.some((item) => item.index === record.classIndex)}
              below={index >= above}
              hovered={hover === record.id}
              chosen={chosen === record.id}
              readOnly={readOnly}
            />
          )
        })}
      </div>
    </div>
  )
}

/** What a class is called; for those that are gone and for void, too. */
export function useClassName(session: EditorSession): (index: number) => string {
  const { t } = useTranslation('editor')
  const classes = usePart(session.state, (state) => state.classes)
  return (index) =>
    index === VOID
      ? t('void')
      : (classes.find((item) => item.index === index)?.name ?? t('unknownClass', { index }))
}

interface RowProps {
  readonly session: EditorSession
  readonly proposal: Proposal
  readonly top: number
  readonly position: number
  readonly stop: boolean
  readonly onVisit: (position: number) => void
  readonly name: string
  readonly colour: string | undefined
  readonly known: boolean
  readonly below: boolean
  readonly hovered: boolean
  readonly chosen: boolean
  readonly readOnly: boolean
}

const Row = memo(function Row(props: RowProps) {
  const { t } = useTranslation('prelabels')
  const { session, proposal, name, chosen } = props
  const { record, score, uncertainty } = proposal
  const { review } = session
  const percent = Math.round(score * 100)
  const said = t('list.row', { name, percent })
  const choose = () => {
    review.choose(record.id)
    session.setViewport(revealed(session.view.get().viewport, record))
  }
  return (
    <div
      className="object-row prelabel-row"
      role="listitem"
      data-id={record.id}
      data-row={props.position}
      data-selected={chosen}
      data-hover={props.hovered}
      data-below={props.below}
      style={{ transform: `translateY(${props.top}px)` }}
      onPointerEnter={() => review.point(record.id)}
      onPointerLeave={() => review.point(null)}
    >
      <button
        type="button"
        className="object-main"
        tabIndex={props.stop ? 0 : -1}
        aria-pressed={chosen}
        title={props.known ? undefined : t('list.unknownClass')}
        onFocus={() => props.onVisit(props.position)}
        onKeyDown={(event) => {
          if (event.key !== 'Delete' || props.readOnly) return
          event.preventDefault()
          review.reject([record.id])
        }}
        onClick={choose}
      >
        <ClassSwatch index={record.classIndex} colour={props.colour} size={12} />
        <span className="truncate grow">{name}</span>
        {uncertainty !== null && (
          <span className="uncertainty muted num" title={t('uncertainty')}>
            <Waves size={11} aria-hidden />
            <span className="visually-hidden">{t('uncertainty')} </span>
            {Math.round(uncertainty * 100)}
          </span>
        )}
        <span className="prelabel-score num" data-confidence={confidenceOf(score)}>
          {percent} %
        </span>
      </button>
      {!props.readOnly && (
        <span className="object-actions">
          <button
            type="button"
            tabIndex={-1}
            className="row-action"
            aria-label={t('one.adjust', { name: said })}
            onClick={() => review.adjust(record.id)}
          >
            <PencilLine size={15} aria-hidden />
          </button>
          <button
            type="button"
            tabIndex={-1}
            className="row-action row-danger"
            aria-label={t('one.reject', { name: said })}
            onClick={() => review.reject([record.id])}
          >
            <X size={15} aria-hidden />
          </button>
          <button
            type="button"
            tabIndex={-1}
            className="row-action row-accept"
            aria-label={t('one.accept', { name: said })}
            onClick={() => review.accept([record.id])}
          >
            <Check size={15} aria-hidden />
          </button>
        </span>
      )}
    </div>
  )
})
