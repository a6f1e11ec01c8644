/** A training that runs, in the list of models: how far it is, and the way to its page. */
import { ChevronRight } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import type { Job } from '@/sync/api'
import type { Model } from '@/sync/learningApi'
import { Progress } from '@/ui/kit/Bits'
import { percent } from '@/ui/kit/format'
import { useJob } from '@/ui/jobs/useJob'

import { ArchitectureDrawing } from './drawings'
import { useModelName } from './ModelState'

/** What a job does now, in the reader's language. */
export function useStage(): (job: Job) => string {
  const { t } = useTranslation('models')
  return (job) => {
    if (job.state === 'queued') return t('jobs:waiting')
    if (job.cancel_requested) return t('run.stopping')
    return job.stage
  }
}

export function RunningCard({ model, job: first }: { readonly model: Model; readonly job: Job }) {
  const { t, i18n } = useTranslation('models')
  const job = useJob(first)
  const name = useModelName()
  const stage = useStage()
  return (
    <Link
      to={`/projects/${model.project}/models/${model.id}`}
      className="card running-card"
      data-testid="running-training"
    >
      <ArchitectureDrawing name={model.architecture} />
      <div className="grow stack-2">
        <div className="spread">
          <strong className="truncate">{name(model)}</strong>
          <span className="small muted num">{percent(Math.min(0.99, job.progress), i18n.language)}</span>
        </div>
        <Progress value={job.progress} label={t('training.of', { name: name(model) })} />
        <span className="small muted truncate">{stage(job)}</span>
      </div>
      <ChevronRight size={18} aria-hidden />
    </Link>
  )
}
