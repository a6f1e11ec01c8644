/** Status chips with counts, and the split, class, text and order of the list. */
import { LayoutGrid, Grid3x3, MessageSquare, X } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { SPLITS, STATUSES, type ImageFilters, type ImageSort, type Project } from '@/sync/api'
import { statusColour, Swatch } from '@/ui/kit/Bits'
import { Button } from '@/ui/kit/Button'
import { SearchInput, Segmented, Select } from '@/ui/kit/Field'
import { integer } from '@/ui/kit/format'

import { isFiltered, SORTS, toggled } from './filters'
import type { Density } from './ImageGrid'

interface FilterBarProps {
  readonly project: Project
  readonly filters: ImageFilters
  readonly count: number | undefined
  readonly density: Density
  readonly onFilters: (filters: ImageFilters) => void
  readonly onDensity: (density: Density) => void
}

const TYPING = 250 // ms without a key before the list is asked for

function TextFilter({
  value,
  onValue,
}: {
  readonly value: string
  readonly onValue: (value: string) => void
}) {
  const { t } = useTranslation('images')
  const [text, setText] = useState(value)
  const [seen, setSeen] = useState(value)
  if (seen !== value) {
    setSeen(value)
    setText(value)
  }
  useEffect(() => {
    if (text === value) return
    const timer = setTimeout(() => onValue(text), TYPING)
    return () => clearTimeout(timer)
  }, [text, value, onValue])
  return <SearchInput label={t('search')} value={text} onValue={setText} />
}

function StatusChips({ project, filters, onFilters }: FilterBarProps) {
  const { t, i18n } = useTranslation('images')
  const chip = (name: string, count: number, on: boolean, colour: string | null, press: () => void) => (
    <button key={name} type="button" className="chip" aria-pressed={on} onClick={press}>
      {colour !== null && <span className="dot" style={{ background: colour }} />}
      {name}
      <span className="chip-count num">{integer(count, i18n.language)}</span>
    </button>
  )
  return (
    <div className="chips" role="group" aria-label={t('status')}>
      {chip(t('all'), project.counts.images, filters.status.length === 0, null, () =>
        onFilters({ ...filters, status: [] }),
      )}
      {STATUSES.map((status) =>
        chip(
          t(`common:status.${status}`),
          project.counts[status],
          filters.status.includes(status),
          statusColour(status),
          () => onFilters({ ...filters, status: toggled(filters.status, status) }),
        ),
      )}
      <button
        type="button"
        className="chip chip-apart"
        aria-pressed={filters.openComments}
        onClick={() => onFilters({ ...filters, openComments: !filters.openComments })}
      >
        <MessageSquare size={14} aria-hidden />
        {t('openComments')}
      </button>
    </div>
  )
}

export function FilterBar(props: FilterBarProps) {
  const { project, filters, count, density, onFilters, onDensity } = props
  const { t, i18n } = useTranslation('images')
  return (
    <div className="filter-bar">
      <StatusChips {...props} />
      <div className="filter-row">
        <TextFilter value={filters.q} onValue={(q) => onFilters({ ...filters, q })} />
        <Select
          label={t('split')}
          value={filters.split}
          choices={[
            { value: '' as const, label: t('split.any') },
            ...SPLITS.map((split) => ({ value: split, label: t(`common:split.${split}`) })),
          ]}
          onValue={(split) => onFilters({ ...filters, split })}
        />
        <Select
          label={t('class')}
          value={filters.class === null ? '' : String(filters.class)}
          choices={[
            { value: '', label: t('class.any') },
            ...project.classes.map((label) => ({
              value: String(label.index),
              label: label.name,
              mark: <Swatch colour={label.colour} />,
            })),
          ]}
          onValue={(index) => onFilters({ ...filters, class: index === '' ? null : Number(index) })}
        />
        <Select<ImageSort>
          label={t('sort')}
          value={filters.sort}
          choices={SORTS.map((sort) => ({ value: sort, label: t(`sort.${sort}`) }))}
          onValue={(sort) => onFilters({ ...filters, sort })}
        />
        <Segmented<Density>
          label={t('density')}
          value={density}
          choices={[
            {
              value: 'comfortable',
              label: <LayoutGrid size={16} aria-hidden />,
              name: t('density.comfortable'),
            },
            { value: 'compact', label: <Grid3x3 size={16} aria-hidden />, name: t('density.compact') },
          ]}
          onValue={onDensity}
        />
      </div>
      <div className="filter-told small muted num" role="status">
        {count !== undefined && t('found', { count, number: integer(count, i18n.language) })}
        {isFiltered(filters) && (
          <Button
            size="sm"
            variant="ghost"
            icon={<X size={14} aria-hidden />}
            onClick={() => onFilters({ ...filters, status: [], split: '', class: null, q: '' })}
          >
            {t('clear')}
          </Button>
        )}
      </div>
    </div>
  )
}
