/** Where a training stands: stage, how far, the figures of the moment, and how to stop or go on. */
import { useMutation } from '@tanstack/react-query'
import { Ban } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { cancelJob, isFinished, type Job, type Project } from '@/sync/api'
import type { ModelDetail } from '@/sync/learningApi'
import { can } from '@/ui/app/queries'
import { JobBadge, JobError } from '@/ui/jobs/JobProgress'
import { Progress } from '@/ui/kit/Bits'
import { Button } from '@/ui/kit/Button'
import { ConfirmDialog } from '@/ui/kit/Dialog'
import { integer } from '@/ui/kit/format'

import { compact, roughTime, score, UNKNOWN } from '../format'
import { isTrained } from '../ModelState'
import { useStage } from '../RunningCard'
import type { RunCurves } from './curves'
import { ResumeButton, useRunOptions } from './ResumeButton'

interface RunStatusProps {
  readonly project: Project
  readonly model: ModelDetail
  readonly job: Job
  readonly curves: RunCurves
}

function Moment({ model, job, curves }: Omit<RunStatusProps, 'project'>) {
  const { t, i18n } = useTranslation('models')
  const { lastTrain, best, scoreName } = curves
  const steps = typeof model.plan.steps === 'number' ? model.plan.steps : null
  const done = steps !== null && lastTrain !== undefined && lastTrain.step >= steps
  const figures = [
    [
      'step',
      lastTrain
        ? `${integer(lastTrain.step, i18n.language)}${steps === null ? '' : ` / ${integer(steps, i18n.language)}`}`
        : UNKNOWN,
    ],
    // After the last step it is measured and exported: how long that takes nobody has said.
    ['left', isFinished(job) || done ? UNKNOWN : roughTime(lastTrain?.values.seconds_left)],
    ['speed', compact(lastTrain?.values.images_per_second, i18n.language)],
    ['loss', compact(curves.lossMean[curves.lossMean.length - 1]?.y, i18n.language)],
    ['best', score(best?.values.score, i18n.language, scoreName)],
  ] as const
  return (
    <dl className="moment">
      {figures.map(([name, value]) => (
        <div key={name}>
          <dt>{name === 'best' ? t('run.best', { metric: t(`metric.${scoreName}`) }) : t(`run.${name}`)}</dt>
          <dd className={value === UNKNOWN ? 'muted' : 'num'}>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

export function RunStatus({ project, model, job, curves }: RunStatusProps) {
  const { t } = useTranslation('models')
  const stage = useStage()
  const cancel = useMutation({ mutationFn: cancelJob, ...useRunOptions(model) })
  const [asking, setAsking] = useState(false)
  const running = !isFinished(job)
  const manages = can(project, 'manager')
  return (
    <section className="card card-pad stack" aria-label={t('run.status')} data-testid="run-status">
      <div className="spread">
        <div className="row-wrap">
          <JobBadge job={job} />
          {running && <span className="muted">{stage(job)}</span>}
          {job.attempts > 1 && (
            <span className="small muted num">
              {t('jobs:attempt', { number: job.attempts, most: job.max_attempts })}
            </span>
          )}
        </div>
        {manages && running && (
          <Button
            size="sm"
            icon={<Ban size={14} aria-hidden />}
            disabled={job.cancel_requested}
            onClick={() => setAsking(true)}
          >
            {t('run.cancel')}
          </Button>
        )}
        {manages && (job.state === 'failed' || job.state === 'cancelled') && model.state !== 'candidate' && (
          <ResumeButton model={model} job={job.id} size="sm" />
        )}
      </div>
      {running && <Progress value={job.progress} label={t('run.status')} />}
      <JobError job={job} />
      {isTrained(model) && <Moment model={model} job={job} curves={curves} />}
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title={t('run.cancel.title')}
        text={t('run.cancel.text')}
        action={t('run.cancel')}
        busy={cancel.isPending}
        onConfirm={() => cancel.mutate(job.id, { onSettled: () => setAsking(false) })}
      />
    </section>
  )
}
