/** Frozen dataset versions, what each changed, and exports; imports start here too. */
import { useQuery } from '@tanstack/react-query'
import { Download, FileInput, Snowflake } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useParams } from 'react-router'

import { listVersions, personName, SPLITS, type Changelog, type Project, type Version } from '@/sync/api'
import { can, keys, useProject } from '@/ui/app/queries'
import { useTitle } from '@/ui/app/useTitle'
import { Badge, EmptyState, Skeleton } from '@/ui/kit/Bits'
import { Button } from '@/ui/kit/Button'
import { ago, dateTime, integer } from '@/ui/kit/format'
import { ProblemNotice } from '@/ui/kit/Problem'
import { Tooltip } from '@/ui/kit/Tooltip'
import { TabPage } from '@/ui/project/TabPage'

import { ExportDialog } from './ExportDialog'
import { FreezeDialog } from './FreezeDialog'
import { ImportDialog } from './ImportDialog'
import './versions.css'

function Changes({ changelog }: { readonly changelog: Changelog }) {
  const { t } = useTranslation('versions')
  const parts = [
    ['images_added', '+', changelog.images_added],
    ['images_changed', '~', changelog.images_changed],
    ['images_removed', '−', changelog.images_removed],
    ['classes_added', '+', changelog.classes_added],
    ['classes_removed', '−', changelog.classes_removed],
  ] as const
  const told = parts.filter(([, , count]) => count > 0)
  return (
    <ul className="changes small num" aria-label={t('changelog')}>
      {told.length === 0 && <li className="muted">{t('changelog.none')}</li>}
      {told.map(([name, sign, count]) => (
        <li key={name} data-sign={sign}>
          <span aria-hidden>{sign}</span>
          {t(`changelog.${name}`, { count })}
        </li>
      ))}
    </ul>
  )
}

interface SplitBarProps {
  readonly version: Version
}

function SplitBar({ version }: SplitBarProps) {
  const { t, i18n } = useTranslation('versions')
  const parts = SPLITS.map((split) => ({ split, count: version.splits[split] }))
  const total = parts.reduce((sum, part) => sum + part.count, 0)
  return (
    <div className="splits">
      <div className="stacked" aria-hidden>
        {parts.map(
          ({ split, count }) =>
            count > 0 && (
              <span key={split} className={`split-${split}`} style={{ width: `${(count / total) * 100}%` }} />
            ),
        )}
      </div>
      <ul className="small muted num">
        {parts.map(({ split, count }) => (
          <li key={split}>
            <i className={`split-${split}`} />
            {t(`common:split.${split}`)} {integer(count, i18n.language)}
          </li>
        ))}
      </ul>
    </div>
  )
}

interface VersionCardProps {
  readonly version: Version
  readonly mayExport: boolean
  readonly onExport: () => void
}

function VersionCard({ version, mayExport, onExport }: VersionCardProps) {
  const { t, i18n } = useTranslation('versions')
  const author = personName(version.created_by)
  return (
    <li className="card version" data-testid="version-card">
      <div className="version-number num" aria-hidden>
        v{version.number}
      </div>
      <div className="grow stack-2">
        <div className="spread">
          <div className="grow">
            <h3 className="truncate">
              <span className="visually-hidden">{t('version', { number: version.number })} </span>
              {version.name || t('version', { number: version.number })}
            </h3>
            <p className="small muted">
              <time dateTime={version.created} title={dateTime(version.created, i18n.language)}>
                {ago(version.created, i18n.language)}
              </time>
              {author && ` · ${author}`} ·{' '}
              <Tooltip text={version.hash}>
                <code tabIndex={0}>{version.hash.slice(0, 10)}</code>
              </Tooltip>
            </p>
          </div>
          {mayExport && (
            <Button
              icon={<Download size={16} aria-hidden />}
              aria-label={t('export.of', { number: version.number })}
              onClick={onExport}
            >
              {t('export')}
            </Button>
          )}
        </div>
        {version.note !== '' && <p className="pre-line">{version.note}</p>}
        <div className="version-facts">
          <div className="row">
            <Badge>
              {t('images', {
                count: version.image_count,
                number: integer(version.image_count, i18n.language),
              })}
            </Badge>
            <Badge>
              {t('objects', {
                count: version.object_count,
                number: integer(version.object_count, i18n.language),
              })}
            </Badge>
          </div>
          <SplitBar version={version} />
          <Changes changelog={version.changelog} />
        </div>
      </div>
    </li>
  )
}

type Open = { readonly kind: 'freeze' | 'import' } | { readonly kind: 'export'; readonly version: Version }

function Actions({ project, onOpen }: { readonly project: Project; readonly onOpen: (open: Open) => void }) {
  const { t } = useTranslation('versions')
  return (
    <>
      {can(project, 'manager') && (
        <Button icon={<FileInput size={16} aria-hidden />} onClick={() => onOpen({ kind: 'import' })}>
          {t('import')}
        </Button>
      )}
      {can(project, 'reviewer') && (
        <Button
          variant="primary"
          icon={<Snowflake size={16} aria-hidden />}
          disabled={project.counts.images === 0}
          onClick={() => onOpen({ kind: 'freeze' })}
        >
          {t('freeze')}
        </Button>
      )}
    </>
  )
}

export function VersionsPage() {
  const { t } = useTranslation('versions')
  const { projectId = '' } = useParams()
  const { data: project } = useProject(projectId)
  const versions = useQuery({ queryKey: keys.versions(projectId), queryFn: () => listVersions(projectId) })
  const [open, setOpen] = useState<Open | null>(null)
  useTitle(t('title'), project.name)
  const all = [...(versions.data ?? [])].sort((one, other) => other.number - one.number)
  return (
    <TabPage title={t('title')} text={t('text')} actions={<Actions project={project} onOpen={setOpen} />}>
      {versions.error && <ProblemNotice error={versions.error} onRetry={() => void versions.refetch()} />}
      {versions.isPending && <Skeleton style={{ height: 140, borderRadius: 12 }} />}
      {versions.isSuccess && all.length === 0 && (
        <div className="card">
          <EmptyState
            art={<Snowflake size={44} strokeWidth={1.25} />}
            title={t('empty.title')}
            text={project.counts.images === 0 ? t('empty.noImages') : t('empty.text')}
          />
        </div>
      )}
      <ol className="stack">
        {all.map((version) => (
          <VersionCard
            key={version.id}
            version={version}
            mayExport={can(project, 'reviewer')}
            onExport={() => setOpen({ kind: 'export', version })}
          />
        ))}
      </ol>
      {open?.kind === 'freeze' && (
        <FreezeDialog
          project={project}
          onClose={() => setOpen(null)}
          onFrozen={(version) => setOpen({ kind: 'export', version })}
        />
      )}
      {open?.kind === 'import' && <ImportDialog project={project} onClose={() => setOpen(null)} />}
      {open?.kind === 'export' && (
        <ExportDialog project={project} version={open.version} onClose={() => setOpen(null)} />
      )}
    </TabPage>
  )
}
