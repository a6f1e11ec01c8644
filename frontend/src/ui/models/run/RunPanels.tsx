/** A training's curves, class scores, pictures, confusion and log; live while it runs. */
import { useMemo, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import type { Job } from '@/sync/api'
import type { ModelDetail } from '@/sync/learningApi'
import { Skeleton } from '@/ui/kit/Bits'
import { ProblemNotice } from '@/ui/kit/Problem'

import { Confusion } from '../charts/Confusion'
import { LineChart, type Series } from '../charts/LineChart'
import { compact, figure } from '../format'
import type { Curve } from '../useCurve'
import { ClassBars } from './ClassBars'
import { classBars, confusionLabels, type RunCurves } from './curves'
import { LogTail } from './LogTail'
import { Strip } from './Strip'

interface PanelProps {
  readonly title: string
  readonly note?: ReactNode
  readonly wide?: boolean
  readonly children: ReactNode
}

export function Panel({ title, note, wide = false, children }: PanelProps) {
  return (
    <section className={`card card-pad panel ${wide ? 'panel-wide' : ''}`} aria-label={title}>
      <div className="card-head">
        <h3>{title}</h3>
        {note !== undefined && <span className="small muted num">{note}</span>}
      </div>
      {children}
    </section>
  )
}

const ZERO = [0]

function Charts({ curves }: { readonly curves: RunCurves }) {
  const { t, i18n } = useTranslation('models')
  const language = i18n.language
  const { loss, lossMean, validationLoss, rate, score, scoreName, best } = curves
  const losses = useMemo<readonly Series[]>(
    () => [
      { key: 'train', label: t('chart.trainLoss'), colour: 'var(--series-1)', dots: lossMean, raw: loss },
      ...(validationLoss.length > 0
        ? [
            {
              key: 'val',
              label: t('chart.validationLoss'),
              colour: 'var(--series-2)',
              dots: validationLoss,
              dash: '5 4',
              marks: true,
            },
          ]
        : []),
    ],
    [t, loss, lossMean, validationLoss],
  )
  const metric = t(`metric.${scoreName}`)
  const scores = useMemo<readonly Series[]>(
    () => [{ key: 'score', label: metric, colour: 'var(--series-3)', dots: score, marks: true }],
    [metric, score],
  )
  const rates = useMemo<readonly Series[]>(
    () => [{ key: 'rate', label: t('chart.rate'), colour: 'var(--series-4)', dots: rate }],
    [t, rate],
  )
  const formats = useMemo(
    () => ({
      number: (value: number) => compact(value, language),
      score: (value: number) => figure(value, language, scoreName),
    }),
    [language, scoreName],
  )
  const bestScore = best?.values.score ?? null
  const flag = useMemo(
    () =>
      best && bestScore !== null
        ? {
            x: best.step,
            y: bestScore,
            label: t('chart.best', { score: figure(bestScore, language, scoreName) }),
          }
        : undefined,
    [best, bestScore, t, language, scoreName],
  )
  return (
    <>
      <Panel title={t('chart.loss')}>
        {loss.length === 0 ? (
          <p className="nothing muted">{t('chart.waiting')}</p>
        ) : (
          <LineChart
            label={t('chart.loss')}
            xLabel={t('run.step')}
            series={losses}
            format={formats.number}
            log
          />
        )}
      </Panel>
      <Panel title={t('chart.score', { metric })}>
        {score.length === 0 ? (
          <p className="nothing muted">{t('chart.waitingScore')}</p>
        ) : (
          <LineChart
            label={t('chart.score', { metric })}
            xLabel={t('run.step')}
            series={scores}
            format={formats.score}
            include={ZERO}
            flag={flag}
          />
        )}
      </Panel>
      {rate.length > 1 && (
        <Panel title={t('chart.rate')}>
          <LineChart
            label={t('chart.rate')}
            xLabel={t('run.step')}
            series={rates}
            format={formats.number}
            include={ZERO}
            height={140}
          />
        </Panel>
      )}
    </>
  )
}

interface RunPanelsProps {
  readonly model: ModelDetail
  readonly job: Job | null
  readonly curve: Curve
  readonly curves: RunCurves
}

export function RunPanels({ model, job, curve, curves }: RunPanelsProps) {
  const { t } = useTranslation('models')
  const evaluated = curves.best ?? curves.lastEvaluate
  const figures = curve.evaluate.findLast((point) => point.values.classes)?.values.classes
  const bars = useMemo(() => classBars(figures, model.class_map), [figures, model.class_map])
  const confusion = evaluated?.values.confusion ?? null
  const names = model.class_map.map((one) => one.name)
  return (
    <div className="panels">
      {curve.error !== null && <ProblemNotice error={curve.error} onRetry={curve.retry} />}
      {!curve.loaded && curve.error === null && <Skeleton style={{ height: 260, borderRadius: 12 }} />}
      {curve.loaded && <Charts curves={curves} />}
      {bars.length > 0 && (
        <Panel title={t('run.classes')}>
          <ClassBars bars={bars} />
        </Panel>
      )}
      {(model.strips.length > 0 || model.state === 'training') && (
        <Panel title={t('strip')} note={t('strip.note')} wide>
          <Strip model={model.id} steps={model.strips} />
        </Panel>
      )}
      {confusion !== null && (
        <Panel title={t('confusion')} wide>
          <Confusion
            matrix={confusion}
            labels={confusionLabels(confusion.length, {}, names, t('background'))}
          />
        </Panel>
      )}
      {job && (
        <Panel title={t('jobs:log')} wide>
          <LogTail job={job} />
        </Panel>
      )}
    </div>
  )
}
