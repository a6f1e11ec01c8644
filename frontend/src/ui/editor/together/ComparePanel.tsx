/** What is compared, how it is shown, how well it agrees, and the objects that do not: one click jumps to each. */
import { ArrowLeftRight } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { agrees, type Match } from '@/core/compare'
import { bboxOf } from '@/core/shapes'
import { fit, fitRect, resize } from '@/core/viewport'
import { Skeleton } from '@/ui/kit/Bits'
import { Button, IconButton } from '@/ui/kit/Button'
import { Segmented, Select } from '@/ui/kit/Field'

import { ClassSwatch } from '../ClassSwatch'
import type { Opened } from '../open'
import type { EditorSession } from '../session'
import { usePart } from '../use'
import { walkRows } from './AsideStage'
import { endLook } from './look'
import { sourceKey, useSources } from './sources'
import type { Compared, CompareMode, Source } from './state'
import { matchKey, useComparison } from './useComparison'
import { choice } from './useLook'

interface PanelProps {
  readonly opened: Opened
  readonly compared: Compared
  readonly image: string
}

const LISTED = 300

export function ComparePanel({ opened, compared, image }: PanelProps) {
  const { t } = useTranslation('together')
  const sources = useSources(opened, image)
  const { comparison } = useComparison(opened, compared)
  const [shown, setShown] = useState<'differ' | 'all'>('differ')
  const set = (patch: Partial<Compared>) => opened.together.set({ compared: { ...compared, ...patch } })
  const choose = (side: 'left' | 'right', label: string) => (
    <Select
      size="sm"
      label={label}
      value={sourceKey(compared[side])}
      choices={sources.map(({ source, label: name }) => ({ value: sourceKey(source), label: name }))}
      onValue={(key) => {
        const source: Source | undefined = sources.find((each) => sourceKey(each.source) === key)?.source
        if (source) set({ [side]: source })
      }}
    />
  )
  const listed = comparison?.matches.filter((match) => shown === 'all' || !agrees(match)) ?? []
  return (
    <section className="side-panel" aria-label={t('compare.title')} data-testid="compare-panel">
      <div className="compare-sources">
        {choose('left', t('compare.left'))}
        <IconButton
          size="sm"
          label={t('compare.swap')}
          onClick={() => set({ left: compared.right, right: compared.left })}
        >
          <ArrowLeftRight size={15} aria-hidden />
        </IconButton>
        {choose('right', t('compare.right'))}
      </div>
      <div className="side-tools">
        <Segmented<CompareMode>
          label={t('compare.mode')}
          value={compared.mode}
          choices={[
            { value: 'overlay', label: t('compare.overlay') },
            { value: 'swipe', label: t('compare.swipe') },
            { value: 'side', label: t('compare.side') },
          ]}
          onValue={(mode) => {
            if (mode === 'side') fitHalf(opened.session)
            set({ mode })
          }}
        />
      </div>
      {comparison ? <Figures {...comparison} /> : <Skeleton style={{ height: 64, margin: '0 16px 12px' }} />}
      <div className="side-tools">
        <Segmented
          label={t('compare.listed')}
          value={shown}
          choices={[
            { value: 'differ', label: t('compare.onlyDifferent') },
            { value: 'all', label: t('compare.all') },
          ]}
          onValue={setShown}
        />
        <Button size="sm" onClick={() => endLook(opened)}>
          {t('back')}
        </Button>
      </div>
      {comparison && listed.length === 0 && <p className="side-note">{t('compare.agree')}</p>}
      <ul className="match-list" onKeyDown={walkRows}>
        {listed.slice(0, LISTED).map((match) => (
          <MatchRow key={matchKey(match)} session={opened.session} match={match} />
        ))}
      </ul>
      {listed.length > LISTED && (
        <p className="side-note">{t('difference.more', { count: listed.length - LISTED })}</p>
      )}
    </section>
  )
}

/** Side by side each picture has half the room. */
function fitHalf(session: EditorSession): void {
  const { viewport } = session.view.get()
  const half = fit(resize(viewport, viewport.width / 2, viewport.height))
  session.setViewport(resize(half, viewport.width, viewport.height))
}

interface FiguresProps {
  readonly meanIou: number
  readonly f1: number
  readonly classIou: number | null
}

function Figures({ meanIou, f1, classIou }: FiguresProps) {
  const { t, i18n } = useTranslation('together')
  const shown = (value: number | null) =>
    value === null || Number.isNaN(value)
      ? '–'
      : new Intl.NumberFormat(i18n.language, { minimumFractionDigits: 3, maximumFractionDigits: 3 }).format(
          value,
        )
  const rows = [
    ['meanIou', meanIou],
    ['f1', f1],
    ['classIou', classIou],
  ] as const
  return (
    <dl className="figures">
      {rows.map(([name, value]) => (
        <div key={name} title={t(`figure.${name}.hint`)}>
          <dt>{t(`figure.${name}`)}</dt>
          <dd className="num" data-figure={name}>
            {shown(value)}
          </dd>
        </div>
      ))}
    </dl>
  )
}

function MatchRow({ session, match }: { readonly session: EditorSession; readonly match: Match }) {
  const { t, i18n } = useTranslation('together')
  const { t: word } = useTranslation('editor')
  const classes = usePart(session.state, (state) => state.classes)
  const record = (match.left ?? match.right)!
  const labelOf = (index: number) => classes.find((item) => item.index === index)
  const nameOf = (index: number) => labelOf(index)?.name ?? word('unknownClass', { index })
  const tone = !match.right ? 'removed' : !match.left ? 'added' : agrees(match) ? 'same' : 'changed'
  const says = !match.right
    ? t('compare.onlyLeft')
    : !match.left
      ? t('compare.onlyRight')
      : new Intl.NumberFormat(i18n.language, { minimumFractionDigits: 3, maximumFractionDigits: 3 }).format(
          match.iou,
        )
  const otherClass = match.left && match.right && !match.sameClass ? match.right.classIndex : null
  const point = (pointed: string | null) => choice.set({ pointed })
  return (
    <li data-tone={tone} onPointerEnter={() => point(matchKey(match))} onPointerLeave={() => point(null)}>
      <button
        type="button"
        className="match-row"
        data-row
        onFocus={() => point(matchKey(match))}
        onBlur={() => point(null)}
        onClick={() => session.setViewport(fitRect(session.view.get().viewport, bboxOf(record), 120))}
      >
        <span className="sign" aria-hidden>
          {tone === 'removed' ? '−' : tone === 'added' ? '+' : tone === 'changed' ? '≠' : '='}
        </span>
        <ClassSwatch index={record.classIndex} colour={labelOf(record.classIndex)?.colour} size={12} />
        <span className="truncate">
          {nameOf(record.classIndex)}
          {otherClass !== null && ` → ${nameOf(otherClass)}`}
        </span>
        <span className="small muted num">{says}</span>
      </button>
    </li>
  )
}
