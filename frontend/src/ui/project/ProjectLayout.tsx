/** A project's header and tabs; the tab's page is below. */
import {
  BarChart3,
  Boxes,
  Briefcase,
  Images,
  Layers,
  ListOrdered,
  Settings,
  Shapes,
  Users,
} from 'lucide-react'
import { Suspense, useEffect, useRef, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { NavLink, Outlet, useLocation, useParams } from 'react-router'

import { can, useProject } from '@/ui/app/queries'
import { Badge, Skeleton } from '@/ui/kit/Bits'

import './project.css'

const TABS: readonly (readonly [path: string, name: string, icon: ReactNode])[] = [
  ['', 'images', <Images key="i" size={16} aria-hidden />],
  ['overview', 'overview', <BarChart3 key="o" size={16} aria-hidden />],
  ['classes', 'classes', <Shapes key="c" size={16} aria-hidden />],
  ['versions', 'versions', <Layers key="v" size={16} aria-hidden />],
  ['models', 'models', <Boxes key="mo" size={16} aria-hidden />],
  ['queue', 'queue', <ListOrdered key="q" size={16} aria-hidden />],
  ['members', 'members', <Users key="m" size={16} aria-hidden />],
  ['jobs', 'jobs', <Briefcase key="j" size={16} aria-hidden />],
  ['settings', 'settings', <Settings key="s" size={16} aria-hidden />],
]

export function ProjectLayout() {
  const { t } = useTranslation('project')
  const { projectId = '' } = useParams()
  const { data: project } = useProject(projectId)
  const { pathname } = useLocation()
  const nav = useRef<HTMLElement>(null)
  // On a narrow screen the row of tabs scrolls: the one that is open is brought into sight.
  useEffect(() => {
    nav.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' })
  }, [pathname])
  const tabs = TABS.filter(([path]) => path !== 'settings' || can(project, 'manager'))
  return (
    <main className="project" id="main">
      <header className="project-head">
        <div className="row-wrap">
          <h1 className="truncate">{project.name}</h1>
          <Badge>{t(`projects:task.${project.task_type}`)}</Badge>
          {project.exclusive && <Badge>{t('exclusive')}</Badge>}
        </div>
        <nav className="tabs" aria-label={t('sections')} ref={nav}>
          {tabs.map(([path, name, icon]) => (
            <NavLink key={name} to={path} end={path === ''} className="tab">
              {icon}
              {t(`tab.${name}`)}
            </NavLink>
          ))}
        </nav>
      </header>
      <Suspense fallback={<TabSkeleton />}>
        <Outlet />
      </Suspense>
    </main>
  )
}

function TabSkeleton() {
  return (
    <div className="page">
      <div className="page-inner">
        <Skeleton style={{ width: 220, height: 28 }} />
        <Skeleton style={{ width: '100%', height: 300, marginTop: 24, borderRadius: 12 }} />
      </div>
    </div>
  )
}
