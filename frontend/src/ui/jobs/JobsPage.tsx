/** A project's jobs: what runs, what has run, with log, cancel and retry. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Ban, Download, Logs, RotateCw } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useParams } from 'react-router'

import {
  cancelJob,
  exportFileUrl,
  getJob,
  isFinished,
  listJobs,
  personName,
  retryJob,
  type Job,
  type Project,
} from '@/sync/api'
import { can, keys, useProject } from '@/ui/app/queries'
import { useTitle } from '@/ui/app/useTitle'
import { EmptyState, Progress, Skeleton } from '@/ui/kit/Bits'
import { Button, ButtonLink, IconButton } from '@/ui/kit/Button'
import { Drawer } from '@/ui/kit/Dialog'
import { ago, dateTime, duration } from '@/ui/kit/format'
import { ProblemNotice } from '@/ui/kit/Problem'
import { useToast } from '@/ui/kit/Toast'
import { TabPage } from '@/ui/project/TabPage'

import { JobBadge, JobError, JobProgress } from './JobProgress'
import { useJob } from './useJob'
import './jobs.css'

function seconds(job: Job): number | null {
  if (job.started === null || job.finished === null) return null
  return (new Date(job.finished).getTime() - new Date(job.started).getTime()) / 1000
}

function useJobActions(project: string) {
  const client = useQueryClient()
  const toast = useToast()
  const options = {
    onError: toast.failed,
    onSettled: () => client.invalidateQueries({ queryKey: ['jobs'] }),
  }
  const cancel = useMutation({ mutationFn: cancelJob, ...options })
  const retry = useMutation({ mutationFn: retryJob, ...options })
  return { cancel, retry, project }
}

interface JobRowProps {
  readonly job: Job
  readonly project: Project
  readonly onLog: () => void
}

function JobRow({ job: first, project, onLog }: JobRowProps) {
  const { t, i18n } = useTranslation('jobs')
  const job = useJob(first)
  const { cancel, retry } = useJobActions(project.id)
  const took = seconds(job)
  const mayAct = can(project, 'reviewer')
  return (
    <tr data-testid="job-row" data-state={job.state}>
      <td>
        <strong>{t(`kind.${job.kind}`, job.kind)}</strong>
        <div className="small muted">
          {personName(job.created_by)} ·{' '}
          <time dateTime={job.created} title={dateTime(job.created, i18n.language)}>
            {ago(job.created, i18n.language)}
          </time>
        </div>
      </td>
      <td>
        <JobBadge job={job} />
      </td>
      <td className="job-progress">
        {isFinished(job) ? (
          <span className="small muted">
            {job.state === 'failed'
              ? job.error?.detail
              : took !== null && t('took', { time: duration(took) })}
          </span>
        ) : (
          <>
            <Progress value={job.progress} label={t(`kind.${job.kind}`, job.kind)} />
            <span className="small muted truncate">
              {job.state === 'queued' ? t('waiting') : job.stage}
              {job.attempts > 1 && ` · ${t('attempt', { number: job.attempts, most: job.max_attempts })}`}
            </span>
          </>
        )}
      </td>
      <td>
        <div className="job-actions">
          {job.kind === 'export' && job.state === 'succeeded' && (
            <ButtonLink size="sm">
              <a href={exportFileUrl(job.id)} download>
                <Download size={14} aria-hidden />
                {t('download')}
              </a>
            </ButtonLink>
          )}
          {mayAct && !isFinished(job) && (
            <IconButton
              size="sm"
              label={t('cancel')}
              disabled={job.cancel_requested}
              onClick={() => cancel.mutate(job.id)}
            >
              <Ban size={16} aria-hidden />
            </IconButton>
          )}
          {mayAct && (job.state === 'failed' || job.state === 'cancelled') && (
            <IconButton size="sm" label={t('retry')} onClick={() => retry.mutate(job.id)}>
              <RotateCw size={16} aria-hidden />
            </IconButton>
          )}
          <IconButton size="sm" label={t('log')} onClick={onLog}>
            <Logs size={16} aria-hidden />
          </IconButton>
        </div>
      </td>
    </tr>
  )
}

function JobLog({ first }: { readonly first: Job }) {
  const { t, i18n } = useTranslation('jobs')
  const live = useJob(first)
  const detail = useQuery({
    queryKey: [...keys.job(first.id), live.state, Math.round(live.progress * 20)],
    queryFn: () => getJob(first.id),
    placeholderData: (before) => before,
  })
  const log = detail.data?.log ?? []
  const time = (iso: string) =>
    new Intl.DateTimeFormat(i18n.language, { timeStyle: 'medium' }).format(new Date(iso))
  return (
    <>
      {isFinished(live) ? (
        <>
          <div>
            <JobBadge job={live} />
          </div>
          <JobError job={live} />
        </>
      ) : (
        <JobProgress job={live} />
      )}
      {detail.isSuccess && log.length === 0 && <p className="muted">{t('log.empty')}</p>}
      <ol className="job-log mono" aria-label={t('log')}>
        {log.map((line, position) => (
          <li key={position} data-level={line.level}>
            <time dateTime={line.at}>{time(line.at)}</time>
            {line.text}
          </li>
        ))}
      </ol>
    </>
  )
}

export function JobsPage() {
  const { t } = useTranslation('jobs')
  const { projectId = '' } = useParams()
  const { data: project } = useProject(projectId)
  const [opened, setOpened] = useState<Job | null>(null)
  const jobs = useQuery({
    queryKey: keys.jobs(projectId),
    queryFn: () => listJobs({ project: projectId }),
    refetchInterval: 15_000,
  })
  useTitle(t('title'), project.name)
  const all = jobs.data?.results ?? []
  return (
    <TabPage title={t('title')} text={t('text')}>
      {jobs.error && <ProblemNotice error={jobs.error} onRetry={() => void jobs.refetch()} />}
      {jobs.isPending && <Skeleton style={{ height: 220, borderRadius: 12 }} />}
      {jobs.isSuccess && all.length === 0 && (
        <div className="card">
          <EmptyState
            art={<Logs size={40} strokeWidth={1.25} />}
            title={t('empty.title')}
            text={t('empty.text')}
          />
        </div>
      )}
      {all.length > 0 && (
        <div className="card">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">{t('job')}</th>
                <th scope="col" style={{ width: 130 }}>
                  {t('state')}
                </th>
                <th scope="col" style={{ width: '36%' }}>
                  {t('progress')}
                </th>
                <th scope="col">
                  <span className="visually-hidden">{t('actions')}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {all.map((job) => (
                <JobRow
                  key={`${job.id}-${job.state}-${job.attempts}`}
                  job={job}
                  project={project}
                  onLog={() => setOpened(job)}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <Drawer
        open={opened !== null}
        onOpenChange={(open) => !open && setOpened(null)}
        title={opened ? t('log.of', { kind: t(`kind.${opened.kind}`, opened.kind) }) : ''}
      >
        {opened && <JobLog first={opened} />}
        {opened && !isFinished(opened) && (
          <Button onClick={() => setOpened(null)}>{t('common:close')}</Button>
        )}
      </Drawer>
    </TabPage>
  )
}
