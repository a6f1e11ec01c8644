/** The objects, topmost first: select, hide, lock, delete. Virtualised, so ten thousand cost as much as ten. */
import { useVirtualizer } from '@tanstack/react-virtual'
import {
  Brush,
  Eye,
  EyeOff,
  Lock,
  LockOpen,
  MapPin,
  Pentagon,
  RectangleHorizontal,
  Spline,
  Trash2,
} from 'lucide-react'
import { memo, type MouseEvent, type ReactNode, useEffect, useMemo, useRef } from 'react'
import { useTranslation } from 'react-i18next'

import { type AnnotationRecord, type Kind, VOID } from '@/core/document'
import { colourOf } from '@/render/shapes'
import { flipped, isShown, soloFor } from '@/tools/visibility'

import { deleteObjects } from './actions'
import { ClassSwatch } from './ClassSwatch'
import { ModelBadge } from './prelabels/ModelBadge'
import type { EditorSession } from './session'
import { useRowKeys } from './rowKeys'
import { useObjects, usePart, useShownColours } from './use'

const ICONS: Readonly<Record<Kind, ReactNode>> = {
  polygon: <Pentagon size={14} aria-hidden />,
  mask: <Brush size={14} aria-hidden />,
  box: <RectangleHorizontal size={14} aria-hidden />,
  polyline: <Spline size={14} aria-hidden />,
  point: <MapPin size={14} aria-hidden />,
}
const ROW = 34

interface ObjectPanelProps {
  readonly session: EditorSession
  readonly problems: ReadonlyMap<string, string>
}

export function ObjectPanel({ session, problems }: ObjectPanelProps) {
  const { t } = useTranslation('editor')
  const ordered = useObjects(session)
  const objects = useMemo(() => [...ordered].reverse(), [ordered])
  const classes = usePart(session.state, (state) => state.classes)
  const colours = useShownColours(session)
  const solo = usePart(session.state, (state) => state.solo)
  const hiddenClasses = usePart(session.state, (state) => state.hiddenClasses)
  const selection = usePart(session.state, (state) => state.selection)
  const hidden = usePart(session.state, (state) => state.hidden)
  const locked = usePart(session.state, (state) => state.locked)
  const readOnly = usePart(session.state, (state) => state.readOnly)
  const conflicts = usePart(session.view, (view) => view.conflicts)
  const disputed = useMemo(() => new Set(conflicts.flatMap(({ id, copy }) => [id, copy ?? id])), [conflicts])
  const byIndex = useMemo(() => new Map(classes.map((item) => [item.index, item])), [classes])
  const scroller = useRef<HTMLDivElement>(null)
  const rows = useVirtualizer({
    count: objects.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    getItemKey: (position) => objects[position]?.id ?? position,
    overscan: 8,
  })
  const keys = useRowKeys({
    count: objects.length,
    shown: rows.getVirtualItems().map((item) => item.index),
    scrollTo: (position) => rows.scrollToIndex(position, { align: 'auto' }),
  })
  useEffect(() => {
    const [id] = selection
    const position = selection.size === 1 ? objects.findIndex((record) => record.id === id) : -1
    if (position >= 0) rows.scrollToIndex(position, { align: 'auto' })
  }, [selection, objects, rows])
  const choose = (record: AnnotationRecord, event: MouseEvent) => {
    const more = event.shiftKey || event.ctrlKey || event.metaKey
    const next = new Set(more ? selection : [])
    if (more && next.has(record.id)) next.delete(record.id)
    else next.add(record.id)
    session.state.set({ selection: next, vertices: [] })
    session.tools.refresh()
    if (event.detail === 2) session.tools.zoomToSelection()
  }
  return (
    <section className="panel panel-grow" aria-label={t('objects')}>
      <header className="panel-head">
        <h2>{t('objects')}</h2>
        <span className="muted small num">{objects.length}</span>
      </header>
      {objects.length === 0 && <p className="panel-empty">{t('noObjects')}</p>}
      <div ref={scroller} className="object-scroll">
        <div
          role="list"
          aria-label={t('objects')}
          onKeyDown={keys.onKeyDown}
          style={{ height: rows.getTotalSize(), position: 'relative' }}
        >
          {rows.getVirtualItems().map(({ index, start, key }) => {
            const record = objects[index]
            if (!record) return null
            return (
              <ObjectRow
                key={key}
                top={start}
                position={index}
                stop={index === keys.stop}
                onVisit={keys.onVisit}
                record={record}
                name={
                  record.classIndex === VOID
                    ? t('void')
                    : (byIndex.get(record.classIndex)?.name ??
                      t('unknownClass', { index: record.classIndex }))
                }
                colour={colourOf(colours, record)}
                number={objects.length - index}
                selected={selection.has(record.id)}
                hidden={hidden.has(record.id)}
                shown={isShown({ hidden, hiddenClasses, solo }, record)}
                locked={locked.has(record.id)}
                readOnly={readOnly}
                problem={problems.get(record.id) ?? null}
                disputed={disputed.has(record.id)}
                session={session}
                onChoose={choose}
              />
            )
          })}
        </div>
      </div>
    </section>
  )
}

interface RowProps {
  readonly top: number
  readonly position: number
  /** The Tab key stops at this row. */
  readonly stop: boolean
  readonly onVisit: (position: number) => void
  readonly record: AnnotationRecord
  readonly name: string
  readonly colour: string | undefined
  readonly number: number
  readonly selected: boolean
  readonly hidden: boolean
  readonly shown: boolean
  readonly locked: boolean
  readonly readOnly: boolean
  readonly problem: string | null
  readonly disputed: boolean
  readonly session: EditorSession
  readonly onChoose: (record: AnnotationRecord, event: MouseEvent) => void
}

const ObjectRow = memo(function ObjectRow(props: RowProps) {
  const { t } = useTranslation('editor')
  const { record, session, hidden, locked, name, number } = props
  /** With Alt the object alone is shown; a click on the eye while solo is in use leaves it. */
  const flip = (what: 'hidden' | 'locked', event: MouseEvent) => {
    const all = session.state.get()
    if (what === 'hidden' && event.altKey) session.state.set({ solo: soloFor(all, { objects: [record.id] }) })
    else if (what === 'hidden' && all.solo) session.state.set({ solo: null })
    else session.state.set({ [what]: flipped(all[what], [record.id]) })
  }
  const label = `${name} ${number}`
  return (
    <div
      className="object-row"
      role="listitem"
      data-id={record.id}
      data-row={props.position}
      data-selected={props.selected}
      data-hidden={!props.shown}
      data-problem={props.problem !== null}
      data-conflict={props.disputed}
      style={{ transform: `translateY(${props.top}px)` }}
      onPointerEnter={() => session.state.set({ hover: record.id })}
      onPointerLeave={() => session.state.set({ hover: null })}
    >
      <button
        type="button"
        className="object-main"
        tabIndex={props.stop ? 0 : -1}
        aria-label={label}
        aria-pressed={props.selected}
        onFocus={() => props.onVisit(props.position)}
        onKeyDown={(event) => {
          if (event.key !== 'Delete' || props.readOnly || locked) return
          event.preventDefault()
          deleteObjects(session, [record.id])
        }}
        title={props.problem ?? undefined}
        onClick={(event) => props.onChoose(record, event)}
      >
        <ClassSwatch index={record.classIndex} colour={props.colour} size={12} />
        <span className="object-kind">{ICONS[record.kind]}</span>
        <span className="truncate grow">{name}</span> <span className="muted small num">{number}</span>
      </button>
      {record.source === 'model' && <ModelBadge session={session} record={record} />}
      <span className="object-actions">
        <button
          type="button"
          tabIndex={-1}
          className="row-action"
          data-on={hidden}
          aria-label={t(hidden ? 'show' : 'hide', { name: label })}
          title={t('soloHint')}
          onClick={(event) => flip('hidden', event)}
        >
          {hidden ? <EyeOff size={15} aria-hidden /> : <Eye size={15} aria-hidden />}
        </button>
        <button
          type="button"
          tabIndex={-1}
          className="row-action"
          data-on={locked}
          aria-label={t(locked ? 'unlock' : 'lock', { name: label })}
          onClick={(event) => flip('locked', event)}
        >
          {locked ? <Lock size={15} aria-hidden /> : <LockOpen size={15} aria-hidden />}
        </button>
        {!props.readOnly && (
          <button
            type="button"
            tabIndex={-1}
            className="row-action row-danger"
            disabled={locked}
            aria-label={t('deleteObject', { name: label })}
            onClick={() => deleteObjects(session, [record.id])}
          >
            <Trash2 size={15} aria-hidden />
          </button>
        )}
      </span>
    </div>
  )
})
