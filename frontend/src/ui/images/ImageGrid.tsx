/** Thumbnails in rows; only the rows in view exist, and more pages are asked for before the end is reached. */
import { useVirtualizer } from '@tanstack/react-virtual'
import type { TFunction } from 'i18next'
import { Check, MessageSquare, Shapes } from 'lucide-react'
import { memo, useEffect, useLayoutEffect, useRef, useState, type MouseEvent, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import type { ImageItem } from '@/sync/api'
import { Skeleton, statusColour } from '@/ui/kit/Bits'
import { integer } from '@/ui/kit/format'

import { TilesState } from './TilesState'
import type { ImageList } from './useImageList'
import type { Selection } from './useSelection'

const GAP = 16
const CAPTION = 62
const MIN_WIDTH = { comfortable: 212, compact: 144 } as const
export type Density = keyof typeof MIN_WIDTH

/** How many cells fit, and how high a row gets (4:3 picture and caption). */
export function gridShape(width: number, density: Density): { columns: number; rowHeight: number } {
  const columns = Math.max(1, Math.floor((width + GAP) / (MIN_WIDTH[density] + GAP)))
  const cell = (width - GAP * (columns - 1)) / columns
  const caption = density === 'compact' ? 40 : CAPTION
  return { columns, rowHeight: Math.round(cell * 0.75) + caption + GAP }
}

interface CellProps {
  readonly image: ImageItem
  readonly search: string
  readonly density: Density
  readonly selected: boolean
  readonly selecting: boolean
  readonly selectable: boolean
  /** From the grid: a hook in each cell would cost more than the rest of it. */
  readonly t: TFunction
  readonly language: string
  readonly onToggle: (id: string, range: boolean) => void
}

const Cell = memo(function Cell(props: CellProps) {
  const { image, search, density, selected, selecting, selectable, t, language, onToggle } = props
  const status = t(`common:status.${image.status}`)
  const click = (event: MouseEvent) => {
    if (!selecting && !event.shiftKey) return
    event.preventDefault()
    onToggle(image.id, event.shiftKey)
  }
  return (
    <div className="image-cell" data-selected={selected || undefined} data-testid="image-card">
      {selectable && (
        <div className="image-check" data-shown={selecting || undefined}>
          <button
            type="button"
            role="checkbox"
            className="checkbox"
            aria-checked={selected}
            data-state={selected ? 'checked' : 'unchecked'}
            aria-label={t('images:select', { name: image.name })}
            onClick={(event) => onToggle(image.id, event.shiftKey)}
          >
            {selected && <Check size={14} strokeWidth={3} aria-hidden />}
          </button>
        </div>
      )}
      <Link
        to={`/images/${image.id}${search}`}
        className="image-link"
        onClick={selectable ? click : undefined}
      >
        <span className="image-frame">
          <img src={image.thumbnail} alt="" decoding="async" draggable={false} />
          {image.tiles && image.tiles.state !== 'ready' && <TilesState tiles={image.tiles} t={t} />}
          {density === 'compact' && (
            <span className="image-dot" style={{ background: `var(--status-${image.status})` }} />
          )}
        </span>
        <span className="image-name truncate" title={image.name}>
          {image.name}
        </span>
        {density === 'compact' && <span className="visually-hidden">{status}</span>}
        {density === 'comfortable' && (
          <span className="image-meta">
            <span className="image-status">
              <span className="dot" style={{ background: statusColour(image.status) }} />
              {status}
            </span>
            {image.open_comments > 0 && (
              <span
                className="image-comments num"
                title={t('images:commentsOf', { count: image.open_comments })}
              >
                <MessageSquare size={13} aria-hidden />
                {integer(image.open_comments, language)}
                <span className="visually-hidden">
                  {t('images:commentsOf', { count: image.open_comments })}
                </span>
              </span>
            )}
            <span className="image-count num" title={t('images:objects', { count: image.object_count })}>
              <Shapes size={13} aria-hidden />
              {integer(image.object_count, language)}
            </span>
          </span>
        )}
      </Link>
    </div>
  )
})

function EmptyCell() {
  return (
    <div className="image-cell">
      <Skeleton style={{ width: '100%', aspectRatio: '4 / 3', borderRadius: 8 }} />
      <Skeleton style={{ width: '70%', height: 14, marginTop: 10 }} />
    </div>
  )
}

function useWidth(): readonly [React.RefObject<HTMLDivElement | null>, number] {
  const box = useRef<HTMLDivElement | null>(null)
  const [width, setWidth] = useState(0)
  useLayoutEffect(() => {
    const element = box.current
    if (!element) return
    const measure = () => setWidth(element.clientWidth)
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return [box, width]
}

interface ImageGridProps {
  readonly list: ImageList
  readonly search: string
  readonly density: Density
  readonly selection: Selection
  readonly selectable: boolean
  readonly header: ReactNode
}

export function ImageGrid({ list, search, density, selection, selectable, header }: ImageGridProps) {
  const { t, i18n } = useTranslation('images')
  const { t: anyText } = useTranslation()
  const scroller = useRef<HTMLDivElement>(null)
  const [inner, width] = useWidth()
  const { columns, rowHeight } = gridShape(Math.max(1, width), density)
  const { images, count = 24 } = list
  // Two rows of placeholders stand for what is not loaded yet; the list grows below them, never above.
  const loadedRows = Math.ceil(images.length / columns)
  const rowCount = list.isPending ? Math.ceil(count / columns) : loadedRows + (list.hasMore ? 2 : 0)
  const rows = useVirtualizer({
    count: width === 0 ? 0 : rowCount,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 3,
    useFlushSync: false,
  })
  useEffect(() => rows.measure(), [rows, rowHeight])
  const items = rows.getVirtualItems()
  const last = items[items.length - 1]?.index ?? 0
  const { hasMore, loadMore } = list
  useEffect(() => {
    if (hasMore && last >= loadedRows - 8) loadMore()
  }, [hasMore, last, loadedRows, loadMore])
  // One callback for ever, so that the cells' memo holds.
  const toggle = useRef<(id: string, range: boolean) => void>(null)
  useEffect(() => {
    toggle.current = (id, range) => selection.toggle(id, range, images)
  })
  const [onToggle] = useState(() => (id: string, range: boolean) => toggle.current?.(id, range))
  return (
    <div className="image-scroller" ref={scroller}>
      {header}
      <div
        ref={inner}
        className="image-rows"
        data-stale={list.isStale || undefined}
        style={{ height: rows.getTotalSize() }}
        role="group"
        aria-label={t('grid')}
        aria-busy={list.isPending}
      >
        {items.map((row) => (
          <div
            key={row.key}
            className="image-row"
            style={{
              height: rowHeight,
              transform: `translateY(${row.start}px)`,
              gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
            }}
          >
            {Array.from({ length: columns }, (_, column) => {
              const position = row.index * columns + column
              const image = images[position]
              if (!image) return position < count ? <EmptyCell key={column} /> : <span key={column} />
              return (
                <Cell
                  key={image.id}
                  image={image}
                  search={search}
                  density={density}
                  selected={selection.ids.has(image.id)}
                  selecting={selection.ids.size > 0}
                  selectable={selectable}
                  t={anyText}
                  language={i18n.language}
                  onToggle={onToggle}
                />
              )
            })}
          </div>
        ))}
      </div>
    </div>
  )
}
