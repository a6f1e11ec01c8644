/** What to annotate next: the ranked images, why each stands where it does, and what the rounds have brought. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Dices, ListOrdered, PenTool, RefreshCw, Sparkle, Target } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useNavigate, useParams } from 'react-router'

import { claimNext, isFinished, listJobs, type Job, type Project } from '@/sync/api'
import { getQueue, startRanking, type QueueEntry, type QueueReason } from '@/sync/learningApi'
import { can, keys, useProject } from '@/ui/app/queries'
import { useTitle } from '@/ui/app/useTitle'
import { JobProgress } from '@/ui/jobs/JobProgress'
import { useJob } from '@/ui/jobs/useJob'
import { EmptyState, Skeleton } from '@/ui/kit/Bits'
import { Button, ButtonLink } from '@/ui/kit/Button'
import { ago, integer } from '@/ui/kit/format'
import { ProblemNotice } from '@/ui/kit/Problem'
import { useToast } from '@/ui/kit/Toast'
import { compact } from '@/ui/models/format'
import { TabPage } from '@/ui/project/TabPage'

import { LearningCurve } from './LearningCurve'
import '@/ui/models/models.css'
import './queue.css'

const ICONS: Readonly<Record<QueueReason, ReactNode>> = {
  uncertain: <Target size={13} aria-hidden />,
  diverse: <Sparkle size={13} aria-hidden />,
  random: <Dices size={13} aria-hidden />,
}

function ReasonChip({ entry, project }: { readonly entry: QueueEntry; readonly project: Project }) {
  const { t } = useTranslation('queue')
  const name = project.classes.find((label) => label.index === entry.class)?.name
  return (
    <span className="badge reason-chip" data-reason={entry.reason} title={t(`reason.${entry.reason}.text`)}>
      {ICONS[entry.reason]}
      {entry.reason === 'uncertain' && name !== undefined
        ? t('reason.uncertainClass', { name })
        : t(`reason.${entry.reason}`)}
    </span>
  )
}

function QueueRow({ entry, project }: { readonly entry: QueueEntry; readonly project: Project }) {
  const { t, i18n } = useTranslation('queue')
  return (
    <li className="queue-row" data-testid="queue-row">
      <span className="queue-place num muted">{integer(entry.position + 1, i18n.language)}</span>
      <Link to={`/images/${entry.image.id}?queue=annotate`} className="queue-image">
        <img src={entry.image.thumbnail} alt="" loading="lazy" decoding="async" />
        <span className="truncate">{entry.image.name}</span>
      </Link>
      <ReasonChip entry={entry} project={project} />
      <span className="queue-minutes small muted num">
        {entry.minutes === null
          ? ''
          : t('minutes', { minutes: compact(Math.max(0.1, entry.minutes), i18n.language) })}
      </span>
    </li>
  )
}

function useRanking(project: Project) {
  const client = useQueryClient()
  const toast = useToast()
  const jobs = useQuery({
    queryKey: [...keys.jobs(project.id), 'rank'],
    queryFn: () => listJobs({ project: project.id, kind: 'rank' }, 1),
    refetchInterval: 15_000,
  })
  const start = useMutation({
    mutationFn: () => startRanking(project.id),
    onSuccess: () => client.invalidateQueries({ queryKey: ['jobs'] }),
    onError: toast.failed,
  })
  const newest = jobs.data?.results[0]
  return { start, running: newest && !isFinished(newest) ? newest : null, newest }
}

function Ranking({ first }: { readonly first: Job }) {
  const job = useJob(first)
  return (
    <div className="card card-pad">
      <JobProgress job={job} />
    </div>
  )
}

function Actions({
  project,
  ranking,
}: {
  readonly project: Project
  readonly ranking: ReturnType<typeof useRanking>
}) {
  const { t } = useTranslation('queue')
  const navigate = useNavigate()
  const toast = useToast()
  const next = useMutation({
    mutationFn: () => claimNext(project.id, 'annotate'),
    onSuccess: (image) => {
      if (image) void navigate(`/images/${image.id}?queue=annotate`)
      else toast.done(t('images:queueEmpty.annotate'))
    },
    onError: toast.failed,
  })
  return (
    <>
      {can(project, 'manager') && (
        <Button
          icon={<RefreshCw size={16} aria-hidden />}
          busy={ranking.start.isPending}
          disabled={ranking.running !== null}
          onClick={() => ranking.start.mutate()}
        >
          {t('again')}
        </Button>
      )}
      {can(project, 'annotator') && (
        <Button
          variant="primary"
          icon={<PenTool size={16} aria-hidden />}
          busy={next.isPending}
          onClick={() => next.mutate()}
        >
          {t('images:annotate')}
        </Button>
      )}
    </>
  )
}

function QueueList({ project, ranking }: { readonly project: Project; readonly ranking: boolean }) {
  const { t, i18n } = useTranslation('queue')
  const queue = useInfiniteQuery({
    queryKey: keys.queue(project.id),
    queryFn: ({ pageParam }) => getQueue(project.id, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  })
  const entries = queue.data?.pages.flatMap((page) => page.results) ?? []
  const first = entries[0]
  const count = queue.data?.pages[0]?.count ?? 0
  if (queue.error) return <ProblemNotice error={queue.error} onRetry={() => void queue.refetch()} />
  if (queue.isPending) return <Skeleton style={{ height: 420, borderRadius: 12 }} />
  if (!first) {
    return (
      <div className="card">
        <EmptyState
          art={<ListOrdered size={44} strokeWidth={1.25} />}
          title={ranking ? t('empty.ranking') : t('empty.title')}
          text={
            ranking ? t('empty.rankingText') : project.counts.new === 0 ? t('empty.allDone') : t('empty.text')
          }
        >
          <ButtonLink>
            <Link to={`/projects/${project.id}/models`}>{t('empty.toModels')}</Link>
          </ButtonLink>
        </EmptyState>
      </div>
    )
  }
  const minutes = entries.reduce((sum, entry) => sum + (entry.minutes ?? 0), 0)
  return (
    <section className="card queue" aria-labelledby="queue-title">
      <div className="queue-head">
        <h3 id="queue-title">{t('list', { count, number: integer(count, i18n.language) })}</h3>
        <span className="small muted num">
          {first.model && `${t('rankedBy', { number: first.model.number })} · `}
          {ago(first.created, i18n.language)}
          {minutes > 0 &&
            entries.length === count &&
            ` · ${t('total', { minutes: compact(Math.round(minutes), i18n.language) })}`}
        </span>
      </div>
      <ol>
        {entries.map((entry) => (
          <QueueRow key={entry.image.id} entry={entry} project={project} />
        ))}
      </ol>
      {queue.hasNextPage && (
        <div className="queue-more">
          <Button busy={queue.isFetchingNextPage} onClick={() => void queue.fetchNextPage()}>
            {t('more')}
          </Button>
        </div>
      )}
    </section>
  )
}

export function QueuePage() {
  const { t } = useTranslation('queue')
  const { projectId = '' } = useParams()
  const { data: project } = useProject(projectId)
  const ranking = useRanking(project)
  useTitle(t('title'), project.name)
  return (
    <TabPage title={t('title')} text={t('text')} actions={<Actions project={project} ranking={ranking} />}>
      <div className="queue-page">
        <div className="stack">
          {ranking.running && <Ranking key={ranking.running.id} first={ranking.running} />}
          {/* A new ranking is a new list, also for its pages. */}
          <QueueList
            key={`${ranking.newest?.id ?? ''}-${ranking.running === null}`}
            project={project}
            ranking={ranking.running !== null}
          />
        </div>
        <div className="stack">
          <LearningCurve project={project.id} />
          <section className="card card-pad stack-2" aria-labelledby="reasons-title">
            <h3 id="reasons-title">{t('reasons')}</h3>
            <dl className="reasons">
              {(['uncertain', 'diverse', 'random'] as const).map((reason) => (
                <div key={reason}>
                  <dt className="row">
                    {ICONS[reason]}
                    {t(`reason.${reason}`)}
                  </dt>
                  <dd className="small muted">{t(`reason.${reason}.text`)}</dd>
                </div>
              ))}
            </dl>
          </section>
        </div>
      </div>
    </TabPage>
  )
}
