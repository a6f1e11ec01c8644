/** The last lines of a job's log; stays at the end unless somebody scrolled up. */
import { useQuery } from '@tanstack/react-query'
import { useLayoutEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'

import { getJob, isFinished, type Job } from '@/sync/api'
import { keys } from '@/ui/app/queries'
import '@/ui/jobs/jobs.css'

const LINES = 200
const EVERY = 4000

export function LogTail({ job }: { readonly job: Job }) {
  const { t, i18n } = useTranslation('jobs')
  const box = useRef<HTMLOListElement>(null)
  const atEnd = useRef(true)
  const detail = useQuery({
    queryKey: [...keys.job(job.id), job.state],
    queryFn: () => getJob(job.id),
    placeholderData: (before) => before,
    refetchInterval: isFinished(job) ? false : EVERY,
  })
  const lines = (detail.data?.log ?? []).slice(-LINES)
  const count = detail.data?.log?.length ?? 0
  useLayoutEffect(() => {
    if (atEnd.current && box.current) box.current.scrollTop = box.current.scrollHeight
  }, [count])
  const time = new Intl.DateTimeFormat(i18n.language, { timeStyle: 'medium' })
  if (detail.isSuccess && count === 0) return <p className="nothing muted">{t('log.empty')}</p>
  return (
    <ol
      ref={box}
      className="job-log mono log-tail"
      aria-label={t('log')}
      tabIndex={0}
      onScroll={(event) => {
        const list = event.currentTarget
        atEnd.current = list.scrollHeight - list.scrollTop - list.clientHeight < 24
      }}
    >
      {lines.map((line, position) => (
        <li key={position} data-level={line.level}>
          <time dateTime={line.at}>{time.format(new Date(line.at))}</time>
          {line.text}
        </li>
      ))}
    </ol>
  )
}
