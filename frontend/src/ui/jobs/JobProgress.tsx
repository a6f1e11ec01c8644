/** A job's state, progress and outcome in one block, for dialogs and lists. */
import { CircleAlert, CircleCheck, CircleSlash, Clock, LoaderCircle } from 'lucide-react'
import { useTranslation } from 'react-i18next'

import { isFinished, type Job, type JobState } from '@/sync/api'
import { Badge, Progress } from '@/ui/kit/Bits'
import { ProblemList } from '@/ui/kit/Problem'

const ICONS: Readonly<Record<JobState, React.ReactNode>> = {
  queued: <Clock size={14} aria-hidden />,
  running: <LoaderCircle size={14} className="spin" aria-hidden />,
  succeeded: <CircleCheck size={14} aria-hidden />,
  failed: <CircleAlert size={14} aria-hidden />,
  cancelled: <CircleSlash size={14} aria-hidden />,
}
const TONES = {
  queued: 'neutral',
  running: 'accent',
  succeeded: 'success',
  failed: 'danger',
  cancelled: 'neutral',
} as const
const BARS = {
  queued: 'muted',
  running: 'accent',
  succeeded: 'success',
  failed: 'danger',
  cancelled: 'muted',
} as const

export function JobBadge({ job }: { readonly job: Job }) {
  const { t } = useTranslation('jobs')
  return (
    <Badge tone={TONES[job.state]}>
      {ICONS[job.state]}
      {job.cancel_requested && job.state === 'running' ? t('cancelling') : t(`state.${job.state}`)}
    </Badge>
  )
}

export function JobError({ job }: { readonly job: Job }) {
  if (!job.error) return null
  const { detail, errors = [] } = job.error
  return (
    <div className="notice notice-danger" role="alert">
      <CircleAlert size={18} aria-hidden />
      <div className="grow">
        <strong>{detail}</strong>
        <ProblemList items={errors} />
      </div>
    </div>
  )
}

export function JobProgress({ job }: { readonly job: Job }) {
  const { t } = useTranslation('jobs')
  const value = job.state === 'succeeded' ? 1 : job.progress
  return (
    <div className="stack-2" data-testid="job-progress" data-state={job.state}>
      <div className="spread">
        <JobBadge job={job} />
        <span className="small muted num">{Math.round(value * 100)}%</span>
      </div>
      <Progress value={value} label={t(`kind.${job.kind}`, job.kind)} tone={BARS[job.state]} />
      {!isFinished(job) && (
        <p className="small muted truncate" style={{ minHeight: 20 }}>
          {job.state === 'queued' ? t('waiting') : job.stage}
        </p>
      )}
      <JobError job={job} />
    </div>
  )
}
