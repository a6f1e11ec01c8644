/** One model: while it trains, its run; when it has finished, how good it is and what can be done with it. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { ChevronLeft } from 'lucide-react'
import { useEffect, useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useParams, useSearchParams } from 'react-router'

import { isFinished, personName, type Job, type Project } from '@/sync/api'
import { getModel, type ModelDetail } from '@/sync/learningApi'
import { keys, useProject } from '@/ui/app/queries'
import { useTitle } from '@/ui/app/useTitle'
import { useJob } from '@/ui/jobs/useJob'
import { Skeleton } from '@/ui/kit/Bits'
import { Segmented } from '@/ui/kit/Field'
import { ago, dateTime } from '@/ui/kit/format'
import { ProblemNotice } from '@/ui/kit/Problem'

import { roughTime } from './format'
import { isReady, isTrained, StateBadge, useModelName } from './ModelState'
import { ModelActions } from './result/ModelActions'
import { PlanPanel } from './result/PlanPanel'
import { ResultPanels } from './result/ResultPanels'
import { FilesPanels } from './result/FilesPanels'
import { curvesOf } from './run/curves'
import { RunPanels } from './run/RunPanels'
import { RunStatus } from './run/RunStatus'
import { useCurve } from './useCurve'
import './models.css'

const EVERY = 5000 // ms; strips and the state of a model that trains

type View = 'result' | 'run' | 'plan' | 'files'
const VIEWS: readonly View[] = ['result', 'run', 'plan', 'files']

function Head({ project, model }: { readonly project: Project; readonly model: ModelDetail }) {
  const { t, i18n } = useTranslation('models')
  const name = useModelName()
  return (
    <div className="model-head">
      <Link to={`/projects/${project.id}/models`} className="model-back small">
        <ChevronLeft size={14} aria-hidden />
        {t('title')}
      </Link>
      <div className="section-head">
        <div className="grow">
          <div className="row-wrap">
            <h2>{name(model)}</h2>
            <StateBadge state={model.state} />
            {model.stopped && isReady(model) && <span className="small muted">{t('stopped')}</span>}
          </div>
          <p className="small">
            <span className="num">#{model.number}</span> · {t(`architecture.${model.architecture}`)} ·{' '}
            {t(`purpose.${model.purpose}`)} ·{' '}
            <time dateTime={model.created} title={dateTime(model.created, i18n.language)}>
              {ago(model.created, i18n.language)}
            </time>
            {model.created_by && ` · ${personName(model.created_by)}`}
            {model.seconds > 0 && ` · ${t('trainedFor', { time: roughTime(model.seconds) })}`}
          </p>
        </div>
        {isReady(model) && <ModelActions project={project} model={model} />}
      </div>
    </div>
  )
}

interface BodyProps {
  readonly project: Project
  readonly model: ModelDetail
}

/** A model with a job follows it; one without (brought long ago) has none. */
function LiveBody({ project, model, job: first }: BodyProps & { readonly job: Job }) {
  const job = useJob(first)
  const client = useQueryClient()
  const over = isFinished(job)
  useEffect(() => {
    if (!over) return
    void client.invalidateQueries({ queryKey: keys.model(model.id) })
    void client.invalidateQueries({ queryKey: keys.models(model.project) })
  }, [over, client, model.id, model.project])
  return <Body project={project} model={model} job={job} />
}

function Body({ project, model, job }: BodyProps & { readonly job: Job | null }) {
  const { t } = useTranslation('models')
  const [search, setSearch] = useSearchParams()
  const running = job !== null && !isFinished(job)
  const trained = isTrained(model)
  const curve = useCurve(model.id, running && trained)
  const curves = useMemo(() => curvesOf(curve.train, curve.evaluate), [curve.train, curve.evaluate])
  const ready = isReady(model)
  const views = VIEWS.filter((view) => {
    if (view === 'result' || view === 'files') return ready
    return view === 'run' ? trained || job !== null : Object.keys(model.plan).length > 0
  })
  const wanted = search.get('view') as View | null
  const view = wanted !== null && views.includes(wanted) ? wanted : (views[0] ?? 'run')
  return (
    <div className="stack">
      {job !== null && !ready && <RunStatus project={project} model={model} job={job} curves={curves} />}
      {views.length > 1 && (
        <div>
          <Segmented<View>
            label={t('views')}
            value={view}
            choices={views.map((each) => ({ value: each, label: t(`view.${each}`) }))}
            onValue={(next) => setSearch({ view: next }, { replace: true })}
          />
        </div>
      )}
      {view === 'result' && <ResultPanels project={project} model={model} />}
      {view === 'run' && <RunPanels model={model} job={job} curve={curve} curves={curves} />}
      {view === 'plan' && <PlanPanel model={model} />}
      {view === 'files' && <FilesPanels model={model} />}
    </div>
  )
}

export function ModelPage() {
  const { t } = useTranslation('models')
  const { projectId = '', modelId = '' } = useParams()
  const { data: project } = useProject(projectId)
  const model = useQuery({
    queryKey: keys.model(modelId),
    queryFn: () => getModel(modelId),
    refetchInterval: (query) => (query.state.data?.state === 'training' ? EVERY : false),
  })
  const name = useModelName()
  useTitle(model.data ? name(model.data) : t('title'), project.name)
  return (
    <div className="page" tabIndex={0}>
      <div className="page-inner">
        {model.error && <ProblemNotice error={model.error} onRetry={() => void model.refetch()} />}
        {model.isPending && (
          <div className="stack">
            <Skeleton style={{ width: 320, height: 34 }} />
            <Skeleton style={{ height: 110, borderRadius: 12 }} />
            <Skeleton style={{ height: 320, borderRadius: 12 }} />
          </div>
        )}
        {model.data && (
          <>
            <Head project={project} model={model.data} />
            {model.data.job ? (
              <LiveBody
                key={`${model.data.job.id}-${model.data.job.attempts}-${model.data.job.state}`}
                project={project}
                model={model.data}
                job={model.data.job}
              />
            ) : (
              <Body project={project} model={model.data} job={null} />
            )}
          </>
        )}
      </div>
    </div>
  )
}
