/** Who changed what and when, newest first; choosing one shows it on the canvas. */
import { ChevronDown, ChevronRight, GitCompareArrows, History, RotateCcw, Tags, Upload } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { groupRevisions, type RevisionGroup } from '@/core/revisions'
import { personName } from '@/sync/api'
import type { RevisionItem } from '@/sync/togetherApi'
import { Avatar } from '@/ui/kit/Bits'
import { Button } from '@/ui/kit/Button'
import { dateTime } from '@/ui/kit/format'
import { ProblemNotice } from '@/ui/kit/Problem'

import type { Opened } from '../open'
import { usePart } from '../use'
import { walkRows } from './AsideStage'
import { clockTime } from './clock'
import { DifferenceList } from './DifferenceList'
import { startCompare, startPreview } from './look'
import { useHistoryPages } from './useHistoryPages'

const ICONS: Readonly<Record<string, ReactNode>> = {
  restore: <RotateCcw size={13} aria-hidden />,
  import: <Upload size={13} aria-hidden />,
  class: <Tags size={13} aria-hidden />,
}

export function HistoryPanel({ opened }: { readonly opened: Opened }) {
  const { t } = useTranslation('together')
  const { revisions, head, pages } = useHistoryPages(opened)
  const preview = usePart(opened.together, (state) => state.preview)
  const groups = groupRevisions(revisions)
  return (
    <section className="side-panel" aria-label={t('history.title')}>
      <div className="side-tools">
        <span className="small muted num">{t('history.count', { count: head })}</span>
        <Button
          size="sm"
          icon={<GitCompareArrows size={15} aria-hidden />}
          onClick={() => void startCompare(opened)}
        >
          {t('compare.start')}
        </Button>
      </div>
      {preview && <DifferenceList opened={opened} preview={preview} />}
      {pages.error !== null && <ProblemNotice error={pages.error} onRetry={() => void pages.refetch()} />}
      {pages.isSuccess && groups.length === 0 && (
        <div className="side-empty">
          <History size={28} aria-hidden />
          <p>{t('history.none')}</p>
        </div>
      )}
      <ol className="history-list" onKeyDown={walkRows} data-testid="history">
        {groups.map((group) => (
          <Group key={group.oldest.revision} opened={opened} group={group} chosen={preview?.revision} />
        ))}
      </ol>
      {pages.hasNextPage && (
        <div className="side-foot">
          <Button
            size="sm"
            variant="ghost"
            busy={pages.isFetchingNextPage}
            onClick={() => void pages.fetchNextPage()}
          >
            {t('history.more')}
          </Button>
        </div>
      )}
    </section>
  )
}

interface GroupProps {
  readonly opened: Opened
  readonly group: RevisionGroup<RevisionItem>
  readonly chosen: number | undefined
}

function Group({ opened, group, chosen }: GroupProps) {
  const { t } = useTranslation('together')
  const [wide, setWide] = useState(false)
  const several = group.entries.length > 1
  const within = group.entries.some((entry) => entry.revision === chosen)
  const open = wide || (within && group.newest.revision !== chosen)
  return (
    <li className="history-group">
      <div className="history-line">
        <Row
          opened={opened}
          entry={group.newest}
          counts={group}
          chosen={group.newest.revision === chosen}
          first={group.oldest}
        />
        {several && (
          <button
            type="button"
            className="row-action history-fold"
            data-on
            aria-expanded={open}
            aria-label={t('history.fold', { count: group.entries.length })}
            title={t('history.fold', { count: group.entries.length })}
            onClick={() => setWide(!open)}
          >
            <span className="num">{group.entries.length}</span>
            {open ? <ChevronDown size={14} aria-hidden /> : <ChevronRight size={14} aria-hidden />}
          </button>
        )}
      </div>
      {several && open && (
        <ol className="history-inner">
          {group.entries.map((entry) => (
            <li key={entry.revision}>
              <Row opened={opened} entry={entry} counts={entry} chosen={entry.revision === chosen} inner />
            </li>
          ))}
        </ol>
      )}
    </li>
  )
}

interface RowProps {
  readonly opened: Opened
  readonly entry: RevisionItem
  readonly counts: { readonly added: number; readonly changed: number; readonly removed: number }
  readonly chosen: boolean
  /** Of a group: its oldest revision. */
  readonly first?: RevisionItem
  readonly inner?: boolean
}

function Row({ opened, entry, counts, chosen, first, inner = false }: RowProps) {
  const { t, i18n } = useTranslation('together')
  const name = entry.author ? personName(entry.author) : t('somebody')
  const until = clockTime(entry.created, i18n.language)
  const begun = first ? clockTime(first.created, i18n.language) : until
  const when = begun === until ? until : `${begun} – ${until}`
  return (
    <button
      type="button"
      className="history-row"
      data-row
      data-revision={entry.revision}
      aria-pressed={chosen}
      title={dateTime(entry.created, i18n.language)}
      onClick={() =>
        void startPreview(opened, { revision: entry.revision, created: entry.created, author: name })
      }
    >
      {!inner && <Avatar name={name} />}
      <span className="history-words">
        <span className="history-who">
          {!inner && <strong className="truncate">{name}</strong>}
          <span className="muted num">{entry.revision}</span>
        </span>
        {entry.kind !== 'edit' && (
          <span className="history-kind">
            {ICONS[entry.kind]}
            {t(`history.kind.${entry.kind}`)}
          </span>
        )}
        {entry.note !== '' && <span className="history-note">{entry.note}</span>}
        <span className="history-when">
          <time dateTime={entry.created}>{when}</time>
          <Counts {...counts} />
        </span>
      </span>
    </button>
  )
}

function Counts({ added, changed, removed }: RowProps['counts']) {
  const { t } = useTranslation('together')
  const parts = [
    ['added', '+', added],
    ['changed', '≠', changed],
    ['removed', '−', removed],
  ] as const
  return (
    <span className="history-counts num">
      {parts.map(
        ([tone, sign, count]) =>
          count > 0 && (
            <span key={tone} data-tone={tone} title={t(`count.${tone}`, { count })}>
              {sign}
              {count}
              <span className="visually-hidden"> {t(`count.${tone}`, { count })}</span>
            </span>
          ),
      )}
    </span>
  )
}
