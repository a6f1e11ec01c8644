/** Two states over the canvas: laid over each other as outlines, with an edge to swipe, or side by side. */
import { type KeyboardEvent, type PointerEvent } from 'react'
import { useTranslation } from 'react-i18next'

import { agrees, type Comparison } from '@/core/compare'
import { ProblemNotice } from '@/ui/kit/Problem'

import type { Opened } from '../open'
import { AsideStage } from './AsideStage'
import { Legend } from './Legend'
import { endLook } from './look'
import { Pane } from './Pane'
import type { Compared } from './state'
import { useSourceName } from './sources'
import { useComparison } from './useComparison'

interface StageProps {
  readonly opened: Opened
  readonly compared: Compared
  readonly image: string
}

const NONE = [] as const

export function CompareStage({ opened, compared, image }: StageProps) {
  const { t } = useTranslation('together')
  const { session } = opened
  const { mode, edge } = compared
  const look = useComparison(opened, compared)
  const { leftMarks, rightMarks } = look
  const nameOf = useSourceName(opened, image)
  return (
    <AsideStage session={session} label={t('compare.stage')} onBack={() => endLook(opened)}>
      {mode === 'overlay' && <Pane session={session} records={NONE} marks={[...leftMarks, ...rightMarks]} />}
      {mode === 'swipe' && (
        <>
          <Pane session={session} records={look.left ?? NONE} marks={leftMarks} />
          <Pane
            session={session}
            records={look.right ?? NONE}
            marks={rightMarks}
            className="pane-over"
            style={{ clipPath: `inset(0 0 0 ${edge * 100}%)` }}
          />
          <SwipeEdge opened={opened} compared={compared} />
        </>
      )}
      {mode === 'side' && (
        <div className="panes-side">
          <Pane session={session} records={look.left ?? NONE} marks={leftMarks} />
          <Pane session={session} records={look.right ?? NONE} marks={rightMarks} />
        </div>
      )}
      {mode !== 'overlay' && (
        <>
          <span className="pane-name pane-name-left">{nameOf(compared.left)}</span>
          <span className="pane-name pane-name-right">{nameOf(compared.right)}</span>
        </>
      )}
      {look.error !== null && look.error !== undefined && (
        <div className="stage-problem">
          <ProblemNotice error={look.error} />
        </div>
      )}
      {look.comparison && (
        <Legend
          title={t('compare.legend')}
          counts={countsOf(look.comparison)}
          words={{
            removed: t('compare.onlyLeft'),
            added: t('compare.onlyRight'),
            changed: t('compare.differs'),
          }}
        />
      )}
    </AsideStage>
  )
}

function countsOf({ matches }: Comparison) {
  return {
    removed: matches.filter(({ right }) => right === null).length,
    added: matches.filter(({ left }) => left === null).length,
    changed: matches.filter((match) => match.left && match.right && !agrees(match)).length,
  }
}

const STEP = 0.02

function SwipeEdge({ opened, compared }: Omit<StageProps, 'image'>) {
  const { t } = useTranslation('together')
  const set = (edge: number) =>
    opened.together.set({ compared: { ...compared, edge: Math.min(1, Math.max(0, edge)) } })
  const onPointerMove = (event: PointerEvent<HTMLDivElement>) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return
    const box = event.currentTarget.parentElement!.getBoundingClientRect()
    set((event.clientX - box.left) / box.width)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowLeft' ? -STEP : event.key === 'ArrowRight' ? STEP : 0
    if (step === 0) return
    event.preventDefault()
    event.stopPropagation()
    set(compared.edge + step)
  }
  return (
    <div
      className="swipe-edge"
      role="slider"
      tabIndex={0}
      aria-label={t('compare.edge')}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(compared.edge * 100)}
      style={{ left: `${compared.edge * 100}%` }}
      onPointerDown={(event) => {
        event.stopPropagation()
        event.currentTarget.setPointerCapture(event.pointerId)
      }}
      onPointerMove={onPointerMove}
      onKeyDown={onKeyDown}
    />
  )
}
