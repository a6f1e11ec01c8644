/** In the top bar: how many jobs are queued or running, with their progress in a popover. */
import { useQuery } from '@tanstack/react-query'
import { LoaderCircle } from 'lucide-react'
import { Popover } from 'radix-ui'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import { listJobs } from '@/sync/api'
import { Progress } from '@/ui/kit/Bits'

import { keys } from './queries'

const BUSY = 3000 // ms between questions while something runs
const IDLE = 30_000

export function JobsIndicator() {
  const { t } = useTranslation('jobs')
  const jobs = useQuery({
    queryKey: keys.jobs('active'),
    queryFn: () => listJobs({ state: 'queued,running' }, 20),
    refetchInterval: (query) => ((query.state.data?.results.length ?? 0) > 0 ? BUSY : IDLE),
    retry: false,
  })
  const active = jobs.data?.results ?? []
  if (active.length === 0) return null
  return (
    <Popover.Root>
      <Popover.Trigger asChild>
        <button type="button" className="btn btn-ghost btn-sm" data-testid="jobs-indicator">
          <LoaderCircle size={16} className="spin" aria-hidden />
          {t('active', { count: active.length })}
        </button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content className="popover jobs-popover" align="end" sideOffset={6} aria-label={t('title')}>
          {active.map((job) => (
            <div key={job.id} className="stack-2">
              <div className="spread small">
                <strong>{t(`kind.${job.kind}`, job.kind)}</strong>
                <span className="muted num">
                  {job.state === 'queued' ? t('state.queued') : `${Math.round(job.progress * 100)}%`}
                </span>
              </div>
              <Progress value={job.progress} label={t(`kind.${job.kind}`, job.kind)} />
              <div className="spread small">
                <span className="muted truncate">{job.stage}</span>
                {job.project !== null && <Link to={`/projects/${job.project}/jobs`}>{t('open')}</Link>}
              </div>
            </div>
          ))}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}
