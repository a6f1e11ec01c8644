/** Two to four models side by side: curves laid over each other, figures, and only what their plans differ in. */
import { useQueries } from '@tanstack/react-query'
import { ChevronLeft, Columns3 } from 'lucide-react'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useParams, useSearchParams } from 'react-router'

import { getModel, type ModelDetail } from '@/sync/learningApi'
import { keys, useProject } from '@/ui/app/queries'
import { useTitle } from '@/ui/app/useTitle'
import { EmptyState, Skeleton } from '@/ui/kit/Bits'
import { ProblemNotice } from '@/ui/kit/Problem'
import { TabPage } from '@/ui/project/TabPage'

import { LineChart, type Series } from './charts/LineChart'
import { compact, interval, isKnown, planText, score, SERIES } from './format'
import { StateBadge, useModelName } from './ModelState'
import { MOST_COMPARED } from './Registry'
import { curvesOf, type RunCurves } from './run/curves'
import { Panel } from './run/RunPanels'
import { differences } from './train/planFields'
import { useCurve } from './useCurve'
import './models.css'

const DASHES: readonly (string | undefined)[] = [undefined, '7 4', '2 4', '9 3 2 3']
const ZERO = [0]

interface ComparedProps {
  readonly models: readonly ModelDetail[]
}

/** One curve for each of the places; a hook cannot be called in a loop, and four are enough. */
function useFourCurves(models: readonly ModelDetail[]): readonly RunCurves[] {
  const live = (place: number) => models[place]?.state === 'training'
  const id = (place: number) => models[place]?.id ?? models[0]?.id ?? ''
  const one = useCurve(id(0), live(0))
  const two = useCurve(id(1), live(1))
  const three = useCurve(id(2), live(2))
  const four = useCurve(id(3), live(3))
  return useMemo(
    () =>
      [one, two, three, four].slice(0, models.length).map((curve) => curvesOf(curve.train, curve.evaluate)),
    [one, two, three, four, models.length],
  )
}

function Curves({ models }: ComparedProps) {
  const { t, i18n } = useTranslation('models')
  const curves = useFourCurves(models)
  const name = useModelName()
  const names = models.map(name).join('\n')
  const series = useMemo(() => {
    const labels = names.split('\n')
    const of = (dots: (curve: RunCurves) => RunCurves['loss'], marks: boolean): readonly Series[] =>
      curves.flatMap((curve, place) => {
        const dash = DASHES[place]
        return dots(curve).length === 0
          ? []
          : [
              {
                key: String(place),
                label: labels[place] ?? '',
                colour: SERIES[place] ?? SERIES[0],
                dots: dots(curve),
                marks,
                ...(dash === undefined ? {} : { dash }),
              },
            ]
      })
    return { score: of((curve) => curve.score, true), loss: of((curve) => curve.lossMean, false) }
  }, [curves, names])
  const formats = useMemo(
    () => ({
      number: (value: number) => compact(value, i18n.language),
      score: (value: number) => score(value, i18n.language),
    }),
    [i18n.language],
  )
  const metric = t(`metric.${curves[0]?.scoreName ?? 'mean_iou'}`)
  return (
    <>
      {series.score.length > 0 && (
        <Panel title={t('chart.score', { metric })}>
          <LineChart
            label={t('chart.score', { metric })}
            xLabel={t('run.step')}
            series={series.score}
            format={formats.score}
            include={ZERO}
            span={ZERO}
            height={240}
          />
        </Panel>
      )}
      {series.loss.length > 0 && (
        <Panel title={t('chart.loss')}>
          <LineChart
            label={t('chart.loss')}
            xLabel={t('run.step')}
            series={series.loss}
            format={formats.number}
            span={ZERO}
            height={240}
            log
          />
        </Panel>
      )}
    </>
  )
}

function HeadRow({ models }: ComparedProps) {
  const { t } = useTranslation('models')
  const name = useModelName()
  return (
    <thead>
      <tr>
        <th scope="col">
          <span className="visually-hidden">{t('compare.what')}</span>
        </th>
        {models.map((model, place) => (
          <th key={model.id} scope="col">
            <Link to={`/projects/${model.project}/models/${model.id}`} className="row">
              <svg width="18" height="8" aria-hidden>
                <line
                  x2="18"
                  y1="4"
                  y2="4"
                  stroke={SERIES[place]}
                  strokeWidth="2.5"
                  strokeDasharray={DASHES[place]}
                />
              </svg>
              <span className="truncate">{name(model)}</span>
            </Link>
          </th>
        ))}
      </tr>
    </thead>
  )
}

function Figures({ models }: ComparedProps) {
  const { t, i18n } = useTranslation('models')
  const language = i18n.language
  const metrics = [...new Set(models.flatMap((model) => Object.keys(model.metrics.values ?? {})))]
  const best = (metric: string) => {
    const values = models.map((model) => model.metrics.values?.[metric]?.value ?? -Infinity)
    return Math.max(...values)
  }
  return (
    <Panel title={t('scores')} note={t('compare.intervals')} wide>
      <div className="table-scroll" tabIndex={0} role="region" aria-label={t('scores')}>
        <table className="table">
          <HeadRow models={models} />
          <tbody>
            <tr>
              <th scope="row">{t('registry.state')}</th>
              {models.map((model) => (
                <td key={model.id}>
                  <StateBadge state={model.state} />
                </td>
              ))}
            </tr>
            <tr>
              <th scope="row">{t('registry.origin')}</th>
              {models.map((model) => (
                <td key={model.id} className="num">
                  {model.version ? `v${model.version.number} · ` : ''}
                  {t('registry.images', {
                    count: model.labelled_count,
                    number: String(model.labelled_count),
                  })}
                </td>
              ))}
            </tr>
            {metrics.map((metric) => (
              <tr key={metric}>
                <th scope="row">{t(`metric.${metric}`, metric)}</th>
                {models.map((model) => {
                  const estimate = model.metrics.values?.[metric]
                  return (
                    <td key={model.id} className="num">
                      <strong
                        data-best={(isKnown(estimate?.value) && estimate.value === best(metric)) || undefined}
                      >
                        {score(estimate?.value, language, metric)}
                      </strong>{' '}
                      <span className="small muted">{interval(estimate, language, metric)}</span>
                    </td>
                  )
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  )
}

function PlanDifferences({ models }: ComparedProps) {
  const { t, i18n } = useTranslation('models')
  const { t: any } = useTranslation()
  const fields = differences(models.map((model) => model.plan))
  return (
    <Panel title={t('compare.plans')} note={t('compare.onlyDifferent')} wide>
      {fields.length === 0 ? (
        <p className="nothing muted">{t('compare.samePlan')}</p>
      ) : (
        <div className="table-scroll" tabIndex={0} role="region" aria-label={t('compare.plans')}>
          <table className="table">
            <HeadRow models={models} />
            <tbody>
              {fields.map((field) => (
                <tr key={field}>
                  <th scope="row">{t(`plan:field.${field}`, field)}</th>
                  {models.map((model) => (
                    <td key={model.id} className="num plan-cell">
                      {planText(model.plan[field], i18n.language, any)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  )
}

export function ComparePage() {
  const { t } = useTranslation('models')
  const { projectId = '' } = useParams()
  const { data: project } = useProject(projectId)
  const [search] = useSearchParams()
  const ids = [...new Set((search.get('ids') ?? '').split(',').filter(Boolean))].slice(0, MOST_COMPARED)
  const queries = useQueries({
    queries: ids.map((id) => ({ queryKey: keys.model(id), queryFn: () => getModel(id) })),
  })
  useTitle(t('compare'), project.name)
  const models = queries.flatMap((query) => (query.data ? [query.data] : []))
  const failed = queries.find((query) => query.error !== null)
  return (
    <TabPage
      title={t('compare')}
      actions={
        <Link to={`/projects/${projectId}/models`} className="model-back small">
          <ChevronLeft size={14} aria-hidden />
          {t('title')}
        </Link>
      }
    >
      {failed && <ProblemNotice error={failed.error} onRetry={() => void failed.refetch()} />}
      {ids.length < 2 && (
        <div className="card">
          <EmptyState
            art={<Columns3 size={40} strokeWidth={1.25} />}
            title={t('compare.none')}
            text={t('compare.hint')}
          />
        </div>
      )}
      {ids.length >= 2 && models.length < ids.length && !failed && (
        <Skeleton style={{ height: 320, borderRadius: 12 }} />
      )}
      {models.length >= 2 && models.length === ids.length && (
        <div className="panels">
          <Curves models={models} />
          <Figures models={models} />
          <PlanDifferences models={models} />
        </div>
      )}
    </TabPage>
  )
}
