/** The list of projects that the person is a member of. */
import { useQuery } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { listProjects, type Project } from '@/sync/api'
import { keys } from '@/ui/app/queries'
import { useTitle } from '@/ui/app/useTitle'
import { EmptyState } from '@/ui/kit/Bits'
import { Button } from '@/ui/kit/Button'
import { SearchInput } from '@/ui/kit/Field'
import { ProblemNotice } from '@/ui/kit/Problem'

import { NewProjectDialog } from './NewProjectDialog'
import { ProjectCard, ProjectCardSkeleton } from './ProjectCard'
import { TaskDrawing } from './TaskDrawing'
import './projects.css'

const SEARCH_FROM = 4 // projects: fewer are seen at a glance

function matching(projects: readonly Project[], text: string): readonly Project[] {
  const wanted = text.trim().toLowerCase()
  return projects.filter((project) => `${project.name} ${project.description}`.toLowerCase().includes(wanted))
}

export function ProjectsPage() {
  const { t } = useTranslation('projects')
  const [text, setText] = useState('')
  const [creating, setCreating] = useState(false)
  const projects = useQuery({ queryKey: keys.projects, queryFn: ({ signal }) => listProjects(signal) })
  useTitle(t('title'))
  const all = projects.data ?? []
  const shown = matching(all, text)
  const create = (
    <Button variant="primary" icon={<Plus size={16} aria-hidden />} onClick={() => setCreating(true)}>
      {t('new')}
    </Button>
  )
  return (
    <main className="page" id="main">
      <div className="page-inner">
        <div className="projects-head">
          <h1>{t('title')}</h1>
          <div className="row">
            {all.length >= SEARCH_FROM && <SearchInput label={t('search')} value={text} onValue={setText} />}
            {all.length > 0 && create}
          </div>
        </div>
        {projects.error && <ProblemNotice error={projects.error} onRetry={() => void projects.refetch()} />}
        {projects.isPending && (
          <div className="project-grid" role="status" aria-label={t('common:loading')}>
            {[1, 2, 3].map((each) => (
              <ProjectCardSkeleton key={each} />
            ))}
          </div>
        )}
        {projects.isSuccess && all.length === 0 && (
          <div className="card">
            <EmptyState
              art={<TaskDrawing task="panoptic" width={180} />}
              title={t('empty.title')}
              text={t('empty.text')}
            >
              {create}
            </EmptyState>
          </div>
        )}
        {all.length > 0 && shown.length === 0 && (
          <EmptyState art={null} title={t('noMatch.title')} text={t('noMatch.text', { text })}>
            <Button onClick={() => setText('')}>{t('noMatch.clear')}</Button>
          </EmptyState>
        )}
        <div className="project-grid">
          {shown.map((project) => (
            <ProjectCard key={project.id} project={project} />
          ))}
        </div>
      </div>
      {creating && <NewProjectDialog onClose={() => setCreating(false)} />}
    </main>
  )
}
