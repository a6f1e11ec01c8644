/** A project's models: what trains now, the registry, and the ways to train, bring, compare and pre-label. */
import { useQuery } from '@tanstack/react-query'
import { Columns3, Crown, PackagePlus, Sparkles, Wand2 } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useParams, useSearchParams } from 'react-router'

import { isFinished, type Project } from '@/sync/api'
import { getTrainingOptions, listModels, type Model, type TrainingOptions } from '@/sync/learningApi'
import { can, keys, useProject } from '@/ui/app/queries'
import { useTitle } from '@/ui/app/useTitle'
import { EmptyState, Skeleton } from '@/ui/kit/Bits'
import { Button, ButtonLink } from '@/ui/kit/Button'
import { sentence } from '@/ui/kit/format'
import { ProblemNotice } from '@/ui/kit/Problem'
import { TabPage } from '@/ui/project/TabPage'

import { BringDialog } from './BringDialog'
import { LoopArt } from './drawings'
import { championOf, isReady, useModelName } from './ModelState'
import { PrelabelDialog } from './PrelabelDialog'
import { Registry } from './Registry'
import { RunningCard } from './RunningCard'
import { TrainDialog } from './train/TrainDialog'
import './models.css'

const REFRESH = 10_000

type Open = 'train' | 'bring' | 'prelabel' | null

interface ActionsProps {
  readonly project: Project
  readonly models: readonly Model[]
  readonly chosen: readonly string[]
  readonly onOpen: (open: Open) => void
}

function Actions({ project, models, chosen, onOpen }: ActionsProps) {
  const { t } = useTranslation('models')
  return (
    <div className="row-wrap">
      {chosen.length > 1 && (
        <ButtonLink>
          <Link to={`/projects/${project.id}/models/compare?ids=${chosen.join(',')}`}>
            <Columns3 size={16} aria-hidden />
            {t('compare.open', { count: chosen.length })}
          </Link>
        </ButtonLink>
      )}
      {can(project, 'manager') && (
        <>
          <Button icon={<PackagePlus size={16} aria-hidden />} onClick={() => onOpen('bring')}>
            {t('bring')}
          </Button>
          {championOf(models) && (
            <Button icon={<Wand2 size={16} aria-hidden />} onClick={() => onOpen('prelabel')}>
              {t('prelabel')}
            </Button>
          )}
          <Button variant="primary" icon={<Sparkles size={16} aria-hidden />} onClick={() => onOpen('train')}>
            {t('train')}
          </Button>
        </>
      )}
    </div>
  )
}

/** What is missing for a training, said by the server with what to do. */
function Missing({ options }: { readonly options: TrainingOptions | undefined }) {
  if (!options || options.missing.length === 0) return null
  return (
    <ul className="missing">
      {options.missing.map((one) => (
        <li key={one.message}>{sentence(one.message)}</li>
      ))}
    </ul>
  )
}

function NoModels({ project, onTrain }: { readonly project: Project; readonly onTrain: () => void }) {
  const { t } = useTranslation('models')
  const options = useQuery({
    queryKey: keys.trainingOptions(project.id),
    queryFn: () => getTrainingOptions(project.id),
  })
  const short = Math.max(0, 2 - (options.data?.labelled.train ?? 2))
  return (
    <div className="card">
      <EmptyState art={<LoopArt />} title={t('empty.title')} text={t('empty.text')}>
        {can(project, 'manager') && short === 0 && (
          <Button variant="primary" size="lg" icon={<Sparkles size={18} aria-hidden />} onClick={onTrain}>
            {t('empty.action')}
          </Button>
        )}
        {short > 0 && (
          <ButtonLink variant="primary" size="lg">
            <Link to={`/projects/${project.id}`}>{t('empty.label', { count: short })}</Link>
          </ButtonLink>
        )}
      </EmptyState>
      <ol className="loop-steps">
        {(['label', 'train', 'prelabel', 'rank'] as const).map((step, position) => (
          <li key={step}>
            <span className="num" aria-hidden>
              {position + 1}
            </span>
            <strong>{t(`loop.${step}`)}</strong>
            <p className="small muted">{t(`loop.${step}.text`)}</p>
          </li>
        ))}
      </ol>
      <Missing options={options.data} />
    </div>
  )
}

/** The step that is easily missed: models wait, and none of them is in use. */
function NextStep({ project, models }: { readonly project: Project; readonly models: readonly Model[] }) {
  const { t } = useTranslation('models')
  const name = useModelName()
  const candidate = models.find((model) => model.state === 'candidate' && model.purpose !== 'click')
  if (candidate === undefined || championOf(models) || !can(project, 'manager')) return null
  return (
    <div className="notice">
      <Crown size={18} aria-hidden />
      <p>
        {t('next.promote')}{' '}
        <Link to={`/projects/${project.id}/models/${candidate.id}`}>
          {t('next.look', { name: name(candidate) })}
        </Link>
      </p>
    </div>
  )
}

function ModelsSkeleton() {
  return (
    <div className="stack">
      <Skeleton style={{ height: 92, borderRadius: 12 }} />
      <Skeleton style={{ height: 320, borderRadius: 12 }} />
    </div>
  )
}

export function ModelsPage() {
  const { t } = useTranslation('models')
  const { projectId = '' } = useParams()
  const [search, setSearch] = useSearchParams()
  const { data: project } = useProject(projectId)
  const [open, setOpen] = useState<Open>(() => (search.get('train') === null ? null : 'train'))
  const [chosen, setChosen] = useState<readonly string[]>([])
  const models = useQuery({
    queryKey: keys.models(projectId),
    queryFn: () => listModels(projectId),
    refetchInterval: REFRESH,
  })
  useTitle(t('title'), project.name)
  const all = models.data ?? []
  const running = all.flatMap((model) =>
    model.state === 'training' && model.job && !isFinished(model.job) ? [{ model, job: model.job }] : [],
  )
  const rest = all
    .filter((model) => !running.some((one) => one.model === model))
    .sort((one, other) => Number(other.state === 'champion') - Number(one.state === 'champion'))
  const close = () => {
    setOpen(null)
    if (search.has('train')) setSearch({}, { replace: true })
  }
  return (
    <TabPage
      title={t('title')}
      text={t('text')}
      actions={<Actions project={project} models={all} chosen={chosen} onOpen={setOpen} />}
    >
      {models.error && <ProblemNotice error={models.error} onRetry={() => void models.refetch()} />}
      {models.isPending && <ModelsSkeleton />}
      {models.isSuccess && all.length === 0 && (
        <NoModels project={project} onTrain={() => setOpen('train')} />
      )}
      {all.length > 0 && (
        <div className="stack">
          <NextStep project={project} models={rest} />
          {running.map(({ model, job }) => (
            <RunningCard key={model.id} model={model} job={job} />
          ))}
          {rest.length > 0 && <Registry models={rest} chosen={chosen} onChosen={setChosen} />}
          {rest.filter(isReady).length > 1 && <p className="small muted">{t('compare.hint')}</p>}
        </div>
      )}
      {open === 'train' && <TrainDialog project={project} models={all} onClose={close} />}
      {open === 'bring' && <BringDialog project={project} onClose={close} />}
      {open === 'prelabel' && <PrelabelDialog project={project} onClose={close} />}
    </TabPage>
  )
}
