/** A training's curves, class scores, pictures, confusion and log; live while it runs. */
import { useCallback, useMemo, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import type { Job } from '@/sync/api'
import type { ModelDetail } from '@/sync/learningApi'
import { Skeleton } from '@/ui/kit/Bits'
import { ProblemNotice } from '@/ui/kit/Problem'

import { Confusion } from '../charts/Confusion'
import { LineChart, type Series } from '../charts/LineChart'
import { compact, score } from '../format'
import { isTrained } from '../ModelState'
import type { Curve } from '../useCurve'
import { ClassBars } from './ClassBars'
import { classBars, classesOf, confusionLabels, type RunCurves } from './curves'
import { LogTail } from './LogTail'
import { Strip } from './Strip'

interface PanelProps {
  readonly title: string
  readonly note?: ReactNode
  readonly wide?: boolean
  readonly className?: string
  readonly children: ReactNode
}

export function Panel({ title, note, wide = false, className = '', children }: PanelProps) {
  return (
    <section className={`card card-pad panel ${wide ? 'panel-wide' : ''} ${className}`} aria-label={title}>
      <div className="card-head">
        <h3>{title}</h3>
        {note !== undefined && <span className="small muted num">{note}</span>}
      </div>
      {children}
    </section>
  )
}

const ZERO = [0]

interface ChartProps {
  readonly curves: RunCurves
}

/** The steps from the beginning to the newest: both charts above each other begin and end alike. */
function useSpan({ lastTrain, lastEvaluate }: RunCurves): readonly number[] {
  const last = Math.max(1, lastTrain?.step ?? 0, lastEvaluate?.step ?? 0)
  return useMemo(() => [0, last], [last])
}

function LossPanel({ curves }: ChartProps) {
  const { t, i18n } = useTranslation('models')
  const { loss, lossMean, validationLoss } = curves
  const span = useSpan(curves)
  const series = useMemo<readonly Series[]>(
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
  const format = useCallback((value: number) => compact(value, i18n.language), [i18n.language])
  return (
    <Panel title={t('chart.loss')}>
      {loss.length === 0 ? (
        <p className="nothing muted">{t('chart.waiting')}</p>
      ) : (
        <LineChart
          label={t('chart.loss')}
          xLabel={t('run.step')}
          series={series}
          format={format}
          span={span}
          log
        />
      )}
    </Panel>
  )
}

function ScorePanel({ curves }: ChartProps) {
  const { t, i18n } = useTranslation('models')
  const language = i18n.language
  const { score: dots, scoreName, best } = curves
  const span = useSpan(curves)
  const metric = t(`metric.${scoreName}`)
  const series = useMemo<readonly Series[]>(
    () => [{ key: 'score', label: metric, colour: 'var(--series-3)', dots, marks: true }],
    [metric, dots],
  )
  const format = useCallback((value: number) => score(value, language, scoreName), [language, scoreName])
  const bestScore = best?.values.score ?? null
  const flag = useMemo(
    () =>
      best && bestScore !== null
        ? { x: best.step, y: bestScore, label: t('chart.best', { score: format(bestScore) }) }
        : undefined,
    [best, bestScore, t, format],
  )
  return (
    <Panel title={t('chart.score', { metric })}>
      {dots.length === 0 ? (
        <p className="nothing muted">{t('chart.waitingScore')}</p>
      ) : (
        <LineChart
          label={t('chart.score', { metric })}
          xLabel={t('run.step')}
          series={series}
          format={format}
          include={ZERO}
          span={span}
          flag={flag}
        />
      )}
    </Panel>
  )
}

function RatePanel({ curves }: ChartProps) {
  const { t, i18n } = useTranslation('models')
  const { rate } = curves
  const span = useSpan(curves)
  const series = useMemo<readonly Series[]>(
    () => [{ key: 'rate', label: t('chart.rate'), colour: 'var(--series-4)', dots: rate }],
    [t, rate],
  )
  const format = useCallback((value: number) => compact(value, i18n.language), [i18n.language])
  if (rate.length < 2) return null
  return (
    <Panel title={t('chart.rate')}>
      <LineChart
        label={t('chart.rate')}
        xLabel={t('run.step')}
        series={series}
        format={format}
        include={ZERO}
        span={span}
        height={156}
      />
    </Panel>
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
  const classes = classesOf(model)
  const trained = isTrained(model)
  const bars = useMemo(() => classBars(figures, classes), [figures, classes])
  const confusion = evaluated?.values.confusion ?? null
  const names = classes.map((one) => one.name)
  return (
    <div className="panels run-panels">
      {curve.error !== null && <ProblemNotice error={curve.error} onRetry={curve.retry} />}
      {!curve.loaded && curve.error === null && <Skeleton style={{ height: 260, borderRadius: 12 }} />}
      <div className="panel-column">
        {curve.loaded && trained && <LossPanel curves={curves} />}
        {(model.strips.length > 0 || (model.state === 'training' && trained)) && (
          <Panel title={t('strip')} note={t('strip.note')} className="panel-strip">
            <Strip model={model.id} steps={model.strips} />
          </Panel>
        )}
      </div>
      <div className="panel-column">
        {curve.loaded && trained && <ScorePanel curves={curves} />}
        {curve.loaded && <RatePanel curves={curves} />}
        {bars.length > 0 && (
          <Panel title={t('run.classes')}>
            <ClassBars bars={bars} />
          </Panel>
        )}
      </div>
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
