/** A project's images: find, select, upload, and start working on the next one. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { ClipboardCheck, PenTool } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate, useParams, useSearchParams } from 'react-router'

import { claimNext, type ImageFilters, type Project } from '@/sync/api'
import type { PickedFile } from '@/sync/upload'
import { can, keys, useProject } from '@/ui/app/queries'
import { useTitle } from '@/ui/app/useTitle'
import { EmptyState } from '@/ui/kit/Bits'
import { Button } from '@/ui/kit/Button'
import { ProblemNotice } from '@/ui/kit/Problem'
import { useToast } from '@/ui/kit/Toast'
import { DropZone } from '@/ui/uploads/DropZone'
import { uploadFiles } from '@/ui/uploads/store'
import { ImportDialog } from '@/ui/versions/ImportDialog'
import { isVideo } from '@/ui/versions/video'
import '@/ui/versions/versions.css'
import { UploadButtons } from '@/ui/uploads/UploadButtons'

import { EmptyImagesArt } from './EmptyImagesArt'
import { FilterBar } from './FilterBar'
import { filtersFrom, isFiltered, searchFrom } from './filters'
import { ImageGrid, type Density } from './ImageGrid'
import { SelectionBar } from './SelectionBar'
import { useImageList } from './useImageList'
import { useSelection } from './useSelection'
import './images.css'

const DENSITY = 'contorno.density'

interface WorkButtonsProps {
  readonly project: Project
  readonly onFiles: (files: readonly PickedFile[]) => void
}

function WorkButtons({ project, onFiles }: WorkButtonsProps) {
  const { t } = useTranslation('images')
  const navigate = useNavigate()
  const toast = useToast()
  const next = useMutation({
    mutationFn: (queue: 'annotate' | 'review') => claimNext(project.id, queue),
    onSuccess: (image, queue) => {
      if (image) void navigate(`/images/${image.id}?queue=${queue}`)
      else toast.done(t(`queueEmpty.${queue}`))
    },
    onError: toast.failed,
  })
  const waiting = project.counts.submitted
  return (
    <div className="row-wrap">
      {can(project, 'manager') && <UploadButtons onFiles={onFiles} />}
      <span className="grow" />
      {can(project, 'reviewer') && waiting > 0 && (
        <Button
          icon={<ClipboardCheck size={16} aria-hidden />}
          busy={next.isPending && next.variables === 'review'}
          onClick={() => next.mutate('review')}
        >
          {t('review', { count: waiting })}
        </Button>
      )}
      {can(project, 'annotator') && (
        <Button
          variant="primary"
          icon={<PenTool size={16} aria-hidden />}
          busy={next.isPending && next.variables === 'annotate'}
          onClick={() => next.mutate('annotate')}
        >
          {t('annotate')}
        </Button>
      )}
    </div>
  )
}

function NoImages({ project, onFiles }: WorkButtonsProps) {
  const { t } = useTranslation('images')
  const mayUpload = can(project, 'manager')
  return (
    <div className="images-empty">
      <EmptyState
        art={<EmptyImagesArt />}
        title={mayUpload ? t('empty.title') : t('empty.waitTitle')}
        text={mayUpload ? t('empty.text') : t('empty.waitText')}
      >
        {mayUpload && <UploadButtons primary onFiles={onFiles} />}
      </EmptyState>
    </div>
  )
}

export function ImagesPage() {
  const { t } = useTranslation('images')
  const { projectId = '' } = useParams()
  const { data: project } = useProject(projectId)
  const [search, setSearch] = useSearchParams()
  const filters = filtersFrom(search)
  const list = useImageList(projectId, filters)
  const client = useQueryClient()
  const selection = useSelection()
  const [density, setDensity] = useState<Density>(() =>
    localStorage.getItem(DENSITY) === 'compact' ? 'compact' : 'comfortable',
  )
  useTitle(t('title'), project.name)
  const setFilters = (next: ImageFilters) => setSearch(searchFrom(next), { replace: true })
  const chooseDensity = (next: Density) => {
    localStorage.setItem(DENSITY, next)
    setDensity(next)
  }
  const mayUpload = can(project, 'manager')
  const [videos, setVideos] = useState<readonly PickedFile[]>([])
  const onFiles = (files: readonly PickedFile[]) => {
    const videos = files.filter(isVideo)
    const pictures = files.filter((picked) => !isVideo(picked))
    if (pictures.length > 0) uploadFiles(project.id, project.name, pictures)
    if (videos.length > 0) setVideos(videos)
  }
  // The editor steps through the same list, so it gets the order too where it is the default one.
  const context = searchFrom(filters)
  context.set('sort', filters.sort)
  const none = list.count === 0 && !isFiltered(filters) && !list.isStale
  const header = (
    <div className="images-head">
      <WorkButtons project={project} onFiles={onFiles} />
      <FilterBar
        project={project}
        filters={filters}
        count={list.count}
        density={density}
        onFilters={setFilters}
        onDensity={chooseDensity}
      />
      {list.error !== null && <ProblemNotice error={list.error} onRetry={list.retry} />}
      {list.count === 0 && isFiltered(filters) && (
        <EmptyState art={null} title={t('noMatch.title')} text={t('noMatch.text')} />
      )}
    </div>
  )
  return (
    <>
      {mayUpload && <DropZone projectName={project.name} onFiles={onFiles} />}
      {none ? (
        <NoImages project={project} onFiles={onFiles} />
      ) : (
        <ImageGrid
          list={list}
          search={`?${context.toString()}`}
          density={density}
          selection={selection}
          selectable={mayUpload}
          header={header}
        />
      )}
      {videos.length > 0 && (
        <ImportDialog
          project={project}
          given={videos}
          onClose={() => {
            setVideos([])
            void client.invalidateQueries({ queryKey: keys.images(project.id) })
            void client.invalidateQueries({ queryKey: keys.project(project.id) })
          }}
        />
      )}
      {mayUpload && <SelectionBar project={project.id} selection={selection} loaded={list.images} />}
    </>
  )
}
