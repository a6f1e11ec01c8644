/** One project in the list: a mosaic of its images, its name and how far it has come. */
import { Images, Shapes } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import type { Project } from '@/sync/api'
import { Badge, Skeleton, StatusBar } from '@/ui/kit/Bits'
import { ago, integer, percent } from '@/ui/kit/format'
import { Mark } from '@/ui/app/Logo'

function Covers({ urls }: { readonly urls: readonly string[] }) {
  if (urls.length === 0) {
    return (
      <div className="covers covers-none" aria-hidden>
        <Mark size={40} />
      </div>
    )
  }
  return (
    <div className="covers" data-count={Math.min(4, urls.length)} aria-hidden>
      {urls.slice(0, 4).map((url) => (
        <img key={url} src={url} alt="" loading="lazy" decoding="async" />
      ))}
    </div>
  )
}

export function ProjectCard({ project }: { readonly project: Project }) {
  const { t, i18n } = useTranslation('projects')
  const { counts } = project
  const done = counts.images === 0 ? 0 : (counts.accepted + counts.submitted) / counts.images
  return (
    <Link to={`/projects/${project.id}`} className="project-card card" data-testid="project-card">
      <Covers urls={project.covers} />
      <div className="project-card-body">
        <div className="spread">
          <h2 className="truncate">{project.name}</h2>
          <Badge>{t(`common:role.${project.role}`)}</Badge>
        </div>
        <p className="small muted truncate">
          {t(`task.${project.task_type}`)} · {t('updated', { when: ago(project.updated, i18n.language) })}
        </p>
        <div className="project-card-progress">
          <StatusBar counts={counts} />
          <span className="small num muted">{percent(done, i18n.language)}</span>
        </div>
        <div className="project-card-counts small muted num">
          <span>
            <Images size={14} aria-hidden />
            {t('images', { count: counts.images, number: integer(counts.images, i18n.language) })}
          </span>
          <span>
            <Shapes size={14} aria-hidden />
            {t('objects', { count: counts.objects, number: integer(counts.objects, i18n.language) })}
          </span>
          <span className="class-dots" aria-hidden>
            {project.classes.slice(0, 8).map((label) => (
              <i key={label.id} style={{ background: label.colour }} />
            ))}
          </span>
        </div>
      </div>
    </Link>
  )
}

export function ProjectCardSkeleton() {
  return (
    <div className="project-card card">
      <Skeleton style={{ aspectRatio: '16 / 8', borderRadius: 0 }} />
      <div className="project-card-body">
        <Skeleton style={{ width: '60%', height: 20 }} />
        <Skeleton style={{ width: '80%', height: 16, marginTop: 6 }} />
        <Skeleton style={{ width: '100%', height: 8, marginTop: 18 }} />
        <Skeleton style={{ width: '50%', height: 16, marginTop: 14 }} />
      </div>
    </div>
  )
}
