/** What each class scores, sortable by every column. */
import { ArrowDown, ArrowUp } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { ClassFigures } from '@/sync/learningApi'
import { Swatch } from '@/ui/kit/Bits'

import { compact, figure, integerOr, isKnown } from '../format'

const SCORES = ['iou', 'dice', 'boundary_iou', 'ap', 'ap50', 'pq'] as const
const COUNTS = ['images', 'objects', 'pixels'] as const
type Column = 'name' | (typeof SCORES)[number] | (typeof COUNTS)[number]

export interface Order {
  readonly column: Column
  readonly descending: boolean
}

/** The rows in the order of a column; what is not known comes last either way. */
export function sorted(
  rows: readonly ClassFigures[],
  { column, descending }: Order,
): readonly ClassFigures[] {
  const sign = descending ? -1 : 1
  return [...rows].sort((one, other) => {
    if (column === 'name') return sign * one.name.localeCompare(other.name)
    const [a, b] = [one[column] ?? null, other[column] ?? null]
    if (a === null || b === null) return Number(a === null) - Number(b === null)
    return sign * (a - b)
  })
}

interface ClassTableProps {
  readonly rows: readonly ClassFigures[]
  readonly colours: ReadonlyMap<number, string>
}

export function ClassTable({ rows, colours }: ClassTableProps) {
  const { t, i18n } = useTranslation('models')
  const has = (column: (typeof SCORES)[number] | (typeof COUNTS)[number]) =>
    rows.some((row) => isKnown(row[column]))
  const scores = SCORES.filter(has)
  const counts = COUNTS.filter(has)
  const [order, setOrder] = useState<Order>({ column: scores[0] ?? 'name', descending: true })
  const header = (column: Column) => {
    const on = order.column === column
    return (
      <th
        key={column}
        scope="col"
        className={column === 'name' ? '' : 'right'}
        aria-sort={on ? (order.descending ? 'descending' : 'ascending') : 'none'}
      >
        <button
          type="button"
          className="sort-button"
          onClick={() => setOrder({ column, descending: on ? !order.descending : column !== 'name' })}
        >
          {t(`column.${column}`)}
          {(SCORES as readonly string[]).includes(column) && ' (%)'}
          {on && (order.descending ? <ArrowDown size={12} aria-hidden /> : <ArrowUp size={12} aria-hidden />)}
        </button>
      </th>
    )
  }
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label={t('classes')}>
      <table className="table class-table">
        <thead>
          <tr>
            {header('name')}
            {scores.map(header)}
            {counts.map(header)}
          </tr>
        </thead>
        <tbody>
          {sorted(rows, order).map((row) => (
            <tr key={row.index}>
              <th scope="row" className="class-name">
                <span className="row">
                  <Swatch colour={colours.get(row.index) ?? 'var(--status-new)'} size={12} />
                  {row.name}
                </span>
              </th>
              {scores.map((column) => (
                <td
                  key={column}
                  className="right num score-cell"
                  style={{ '--share': (row[column] ?? 0).toFixed(3) } as React.CSSProperties}
                >
                  {figure(row[column], i18n.language)}
                </td>
              ))}
              {counts.map((column) => (
                <td key={column} className="right num muted">
                  {column === 'pixels'
                    ? compact(row.pixels, i18n.language)
                    : integerOr(row[column], i18n.language)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
