/** Where a project stands: progress, class balance, activity and who did what. */
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useParams } from 'react-router'

import { getStatistics, personName, SPLITS, type Project, type Statistics } from '@/sync/api'
import { keys, useProject } from '@/ui/app/queries'
import { useTitle } from '@/ui/app/useTitle'
import { Avatar, Skeleton, statusColour } from '@/ui/kit/Bits'
import { integer, percent } from '@/ui/kit/format'
import { ProblemNotice } from '@/ui/kit/Problem'
import { TabPage } from '@/ui/project/TabPage'

import { DayBars, Ring, ShareBars } from './charts'
import { lastDays } from './days'
import './overview.css'

const DAYS = 30
const ORDER = ['accepted', 'submitted', 'returned', 'in_progress', 'new'] as const

interface PartProps {
  readonly project: Project
  readonly statistics: Statistics
}

function Figures({ project, statistics }: PartProps) {
  const { t, i18n } = useTranslation('overview')
  const labelled = project.counts.images - project.counts.new
  const figures = [
    [t('images'), integer(project.counts.images, i18n.language)],
    [t('labelled'), integer(labelled, i18n.language)],
    [t('objects'), integer(project.counts.objects, i18n.language)],
    [t('classes'), integer(project.classes.length, i18n.language)],
    ...SPLITS.map((split) => [t(`common:split.${split}`), integer(statistics.splits[split], i18n.language)]),
  ] as const
  return (
    <dl className="figures card">
      {figures.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className="num">{value}</dd>
        </div>
      ))}
    </dl>
  )
}

function ProgressCard({ statistics }: PartProps) {
  const { t, i18n } = useTranslation('overview')
  const slices = ORDER.map((status) => ({
    key: status,
    label: t(`common:status.${status}`),
    value: statistics.status[status],
    colour: statusColour(status),
  }))
  const total = slices.reduce((sum, slice) => sum + slice.value, 0)
  const done = total === 0 ? 0 : (statistics.status.accepted + statistics.status.submitted) / total
  return (
    <section className="card card-pad" aria-labelledby="progress-title">
      <div className="card-head">
        <h3 id="progress-title">{t('progress')}</h3>
      </div>
      <div className="progress-card">
        <Ring
          slices={slices}
          label={t('progress')}
          headline={percent(done, i18n.language)}
          caption={t('done')}
        />
        <ul className="legend">
          {slices.map((slice) => (
            <li key={slice.key}>
              <span className="dot" style={{ background: slice.colour }} />
              <span className="grow">{slice.label}</span>
              <span className="num">{integer(slice.value, i18n.language)}</span>
              <span className="num muted legend-share">
                {percent(total === 0 ? 0 : slice.value / total, i18n.language)}
              </span>
            </li>
          ))}
        </ul>
      </div>
    </section>
  )
}

function ActivityCard({ statistics }: PartProps) {
  const { t, i18n } = useTranslation('overview')
  const [today] = useState(() => new Date())
  const days = lastDays(statistics.days, today, DAYS)
  const total = days.reduce((sum, each) => sum + each.value, 0)
  return (
    <section className="card card-pad" aria-labelledby="activity-title">
      <div className="card-head">
        <h3 id="activity-title">{t('activity')}</h3>
        <span className="small muted num">
          {t('activity.total', { count: total, number: integer(total, i18n.language) })}
        </span>
      </div>
      {total === 0 ? (
        <p className="nothing muted">{t('activity.none')}</p>
      ) : (
        <DayBars days={days} label={t('activity')} />
      )}
    </section>
  )
}

function BalanceCard({ project, statistics }: PartProps) {
  const { t, i18n } = useTranslation('overview')
  const known = new Map(statistics.classes.map((each) => [each.index, each]))
  const rows = project.classes
    .map((label) => ({
      key: label.id,
      label: label.name,
      colour: label.colour,
      value: known.get(label.index)?.objects ?? 0,
      note: t('inImages', {
        count: known.get(label.index)?.images ?? 0,
        number: integer(known.get(label.index)?.images ?? 0, i18n.language),
      }),
    }))
    .sort((one, other) => other.value - one.value)
  return (
    <section className="card card-pad" aria-labelledby="balance-title">
      <div className="card-head">
        <h3 id="balance-title">{t('balance')}</h3>
        <span className="small muted">{t('balance.unit')}</span>
      </div>
      {rows.length === 0 ? <p className="nothing muted">{t('balance.none')}</p> : <ShareBars rows={rows} />}
    </section>
  )
}

function PeopleCard({ statistics }: PartProps) {
  const { t, i18n } = useTranslation('overview')
  const number = (value: number) => integer(value, i18n.language)
  return (
    <section className="card card-pad" aria-labelledby="people-title">
      <div className="card-head">
        <h3 id="people-title">{t('people')}</h3>
      </div>
      {statistics.people.length === 0 ? (
        <p className="nothing muted">{t('people.none')}</p>
      ) : (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{t('people.name')}</th>
              <th scope="col" className="right">
                {t('people.revisions')}
              </th>
              <th scope="col" className="right">
                {t('people.added')}
              </th>
              <th scope="col" className="right">
                {t('people.changed')}
              </th>
              <th scope="col" className="right">
                {t('people.removed')}
              </th>
            </tr>
          </thead>
          <tbody>
            {statistics.people.map((person, position) => {
              const name = person.user ? personName(person.user) : t('people.gone')
              return (
                <tr key={person.user?.id ?? position}>
                  <td>
                    <span className="row">
                      <Avatar name={name} />
                      {name}
                    </span>
                  </td>
                  <td className="right num">{number(person.revisions)}</td>
                  <td className="right num">{number(person.added)}</td>
                  <td className="right num">{number(person.changed)}</td>
                  <td className="right num">{number(person.removed)}</td>
                </tr>
              )
            })}
          </tbody>
        </table>
      )}
    </section>
  )
}

function OverviewSkeleton() {
  return (
    <div className="overview">
      <Skeleton style={{ height: 84, borderRadius: 12 }} />
      <div className="overview-pair">
        <Skeleton style={{ height: 236, borderRadius: 12 }} />
        <Skeleton style={{ height: 236, borderRadius: 12 }} />
      </div>
      <Skeleton style={{ height: 260, borderRadius: 12 }} />
    </div>
  )
}

export function OverviewPage() {
  const { t } = useTranslation('overview')
  const { projectId = '' } = useParams()
  const { data: project } = useProject(projectId)
  const statistics = useQuery({
    queryKey: keys.statistics(projectId),
    queryFn: () => getStatistics(projectId),
  })
  useTitle(t('title'), project.name)
  const parts = statistics.data && { project, statistics: statistics.data }
  return (
    <TabPage title={t('title')} {...(project.description ? { text: project.description } : {})}>
      {statistics.error && (
        <ProblemNotice error={statistics.error} onRetry={() => void statistics.refetch()} />
      )}
      {statistics.isPending && <OverviewSkeleton />}
      {parts && (
        <div className="overview">
          <Figures {...parts} />
          <div className="overview-pair">
            <ProgressCard {...parts} />
            <ActivityCard {...parts} />
          </div>
          <BalanceCard {...parts} />
          <PeopleCard {...parts} />
        </div>
      )}
    </TabPage>
  )
}
