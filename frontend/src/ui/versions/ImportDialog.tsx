/** Importing images with their annotations from another tool's files: a ZIP, or files and folders. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { FileArchive, FolderUp } from 'lucide-react'
import { useRef, useState, type DragEvent } from 'react'
import { useTranslation } from 'react-i18next'

import { isFinished, startImport, type Job, type Project } from '@/sync/api'
import { isJunk, type PickedFile } from '@/sync/upload'
import { filesForm } from '@/sync/upload_transport'
import { useFormats } from '@/ui/app/queries'
import { Button } from '@/ui/kit/Button'
import { Dialog } from '@/ui/kit/Dialog'
import { Field, Select, SwitchField } from '@/ui/kit/Field'
import { bytes } from '@/ui/kit/format'
import { ProblemNotice } from '@/ui/kit/Problem'
import { JobProgress } from '@/ui/jobs/JobProgress'
import { useJob } from '@/ui/jobs/useJob'
import { chosenFiles, droppedFiles } from '@/ui/uploads/pick'

import { ImportOutcome } from './ImportOutcome'
import { isVideo, USUAL_CHOICE, videoField } from './video'
import { VideoOptions } from './VideoOptions'

interface ImportProps {
  readonly project: Project
  /** Files that were dropped elsewhere and belong here. */
  readonly given?: readonly PickedFile[]
  readonly onClose: () => void
}

function RunningImport({ first, onClose }: { readonly first: Job; readonly onClose: () => void }) {
  const { t } = useTranslation('versions')
  const job = useJob(first)
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t('import')}
      footer={
        <Button variant={isFinished(job) ? 'primary' : 'secondary'} onClick={onClose}>
          {isFinished(job) ? t('common:done') : t('common:close')}
        </Button>
      }
    >
      <JobProgress job={job} />
      {job.state === 'succeeded' && <ImportOutcome result={job.result} />}
      {!isFinished(job) && <p className="small muted">{t('import.background')}</p>}
    </Dialog>
  )
}

interface FilePickerProps {
  readonly files: readonly PickedFile[]
  readonly onFiles: (files: readonly PickedFile[]) => void
}

function FilePicker({ files, onFiles }: FilePickerProps) {
  const { t, i18n } = useTranslation('versions')
  const [over, setOver] = useState(false)
  const single = useRef<HTMLInputElement>(null)
  const folder = useRef<HTMLInputElement>(null)
  const size = files.reduce((sum, picked) => sum + picked.file.size, 0)
  const drop = (event: DragEvent) => {
    event.preventDefault()
    event.stopPropagation()
    setOver(false)
    void droppedFiles(event.dataTransfer).then(onFiles)
  }
  return (
    <div
      className="import-drop"
      data-over={over || undefined}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <input
        ref={single}
        type="file"
        multiple
        hidden
        data-testid="import-files"
        onChange={(event) => onFiles(chosenFiles(event.target.files))}
      />
      <input
        ref={folder}
        type="file"
        multiple
        hidden
        {...{ webkitdirectory: '' }}
        onChange={(event) => onFiles(chosenFiles(event.target.files))}
      />
      {files.length === 0 ? (
        <p className="muted">{t('import.drop')}</p>
      ) : (
        <p className="num" role="status">
          <strong>{files.length === 1 ? files[0]?.path : t('import.files', { count: files.length })}</strong>{' '}
          <span className="muted">{bytes(size, i18n.language)}</span>
        </p>
      )}
      <div className="row">
        <Button
          size="sm"
          icon={<FileArchive size={14} aria-hidden />}
          onClick={() => single.current?.click()}
        >
          {t('import.choose')}
        </Button>
        <Button size="sm" icon={<FolderUp size={14} aria-hidden />} onClick={() => folder.current?.click()}>
          {t('import.folder')}
        </Button>
      </div>
    </div>
  )
}

export function ImportDialog({ project, given = [], onClose }: ImportProps) {
  const { t } = useTranslation('versions')
  const client = useQueryClient()
  const formats = useFormats()
  const [format, setFormat] = useState('auto')
  const [replace, setReplace] = useState(false)
  const [files, setFiles] = useState(given)
  const [video, setVideo] = useState(USUAL_CHOICE)
  const videos = files.filter(isVideo)
  const start = useMutation({
    mutationFn: () => {
      const form = filesForm(files)
      form.append('format', format)
      form.append('replace_existing', String(replace))
      if (videos.length > 0) form.append('video', JSON.stringify(videoField(video)))
      return startImport(project.id, form)
    },
    onSuccess: () => client.invalidateQueries({ queryKey: ['jobs'] }),
  })
  if (start.data) return <RunningImport first={start.data} onClose={onClose} />
  const choices = [
    { value: 'auto', label: t('import.auto') },
    ...(formats.data ?? [])
      .filter((each) => each.reads)
      .map((each) => ({ value: each.name, label: each.title })),
  ]
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t('import')}
      description={t('import.text')}
      onSubmit={() => start.mutate()}
      footer={
        <>
          <Button onClick={onClose}>{t('common:cancel')}</Button>
          <Button type="submit" variant="primary" busy={start.isPending} disabled={files.length === 0}>
            {t('import.action')}
          </Button>
        </>
      }
    >
      <Field label={t('format')}>
        {({ id }) => (
          <Select id={id} label={t('format')} value={format} choices={choices} onValue={setFormat} />
        )}
      </Field>
      <FilePicker files={files} onFiles={(picked) => setFiles(picked.filter((each) => !isJunk(each.path)))} />
      {videos.length > 0 && <VideoOptions value={video} videos={videos} onValue={setVideo} />}
      <SwitchField
        label={t('import.replace')}
        hint={t('import.replaceHint')}
        checked={replace}
        onValue={setReplace}
      />
      {start.error && <ProblemNotice error={start.error} />}
    </Dialog>
  )
}
