/** Bringing a model of one's own: an ONNX file with a label map; the server tries it out and says what is wrong. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { FileBox, FileJson } from 'lucide-react'
import { useEffect, useEffectEvent, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import { isFinished, type Job, type Project } from '@/sync/api'
import { ApiProblem } from '@/sync/client'
import { bringModel, modelOfJob } from '@/sync/learningApi'
import { keys } from '@/ui/app/queries'
import { JobProgress } from '@/ui/jobs/JobProgress'
import { useJob } from '@/ui/jobs/useJob'
import { Button, ButtonLink } from '@/ui/kit/Button'
import { Dialog } from '@/ui/kit/Dialog'
import { Field, Select, TextField } from '@/ui/kit/Field'
import { bytes, numberIn } from '@/ui/kit/format'
import { fieldError, ProblemNotice } from '@/ui/kit/Problem'

type Kind = 'semantic' | 'instance'

interface FilePickProps {
  readonly label: string
  readonly hint: string
  readonly accept: string
  readonly icon: ReactNode
  readonly file: File | null
  readonly error: string | null
  readonly onFile: (file: File | null) => void
}

function FilePick({ label, hint, accept, icon, file, error, onFile }: FilePickProps) {
  const { t, i18n } = useTranslation('models')
  return (
    <Field label={label} hint={hint} error={error}>
      {(ids) => (
        <label className="file-pick" data-chosen={file !== null || undefined}>
          {icon}
          <span className="grow truncate">{file ? file.name : t('bring.choose')}</span>
          {file && <span className="small muted num">{bytes(file.size, i18n.language)}</span>}
          <input
            {...ids}
            type="file"
            className="visually-hidden"
            accept={accept}
            onChange={(event) => onFile(event.target.files?.[0] ?? null)}
          />
        </label>
      )}
    </Field>
  )
}

interface Brought {
  readonly files: readonly File[]
  readonly name: string
  readonly kind: Kind
  /** Null: what was written is no number; the server says so beside the field. */
  readonly settings: Readonly<Record<'confidence' | 'detections', number | null>>
}

/** What is sent when a model is brought. */
export function bringForm({ files, name, kind, settings }: Brought): FormData {
  const form = new FormData()
  for (const file of files) form.append('files', file)
  form.append('name', name.trim())
  form.append('kind', kind)
  form.append('settings', JSON.stringify(settings))
  return form
}

/** What a trial says of the files, as the API says it of a form; null while it runs, and where it failed otherwise. */
export function refusalOf(job: Pick<Job, 'state' | 'error'>): ApiProblem | null {
  if (job.state !== 'failed' || !job.error?.errors?.length) return null
  return new ApiProblem(400, 'invalid-input', '', job.error.detail, job.error.errors, {})
}

interface RunningProps {
  readonly first: Job
  readonly project: Project
  /** The server could not use the files; the model is gone again. */
  readonly onRefused: (problem: ApiProblem) => void
}

function Running({ first, project, onRefused }: RunningProps) {
  const { t } = useTranslation('models')
  const job = useJob(first)
  const model = modelOfJob(job)
  const refused = useEffectEvent(onRefused)
  useEffect(() => {
    const problem = refusalOf(job)
    if (problem) refused(problem)
  }, [job])
  return (
    <>
      <JobProgress job={job} />
      {!isFinished(job) && <p className="small muted">{t('bring.trying')}</p>}
      {job.state === 'succeeded' && model !== null && (
        <ButtonLink variant="primary">
          <Link to={`/projects/${project.id}/models/${model}`}>{t('bring.open')}</Link>
        </ButtonLink>
      )}
    </>
  )
}

export function BringDialog({
  project,
  onClose,
}: {
  readonly project: Project
  readonly onClose: () => void
}) {
  const { t } = useTranslation('models')
  const client = useQueryClient()
  const [onnx, setOnnx] = useState<File | null>(null)
  const [map, setMap] = useState<File | null>(null)
  const [name, setName] = useState('')
  const [kind, setKind] = useState<Kind>(project.task_type === 'semantic' ? 'semantic' : 'instance')
  const [confidence, setConfidence] = useState('0.5')
  const [detections, setDetections] = useState('100')
  const [refused, setRefused] = useState<ApiProblem | null>(null)
  const send = useMutation({
    mutationFn: () => {
      const files = [onnx, map].filter((file) => file !== null)
      const settings = { confidence: numberIn(confidence), detections: numberIn(detections) }
      return bringModel(project.id, bringForm({ files, name, kind, settings }))
    },
    onMutate: () => setRefused(null),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.models(project.id) }),
  })
  const error = send.error ?? refused
  // The server names a file by its field or by its own name.
  const wrongFile = (file: File | null, ...fields: readonly string[]) =>
    [...fields, ...(file ? [file.name] : [])]
      .map((where) => fieldError(error, where))
      .find((found) => found !== null) ?? null
  const wrong = { onnx: wrongFile(onnx, 'files', 'model'), map: wrongFile(map, 'label_map') }
  const close = (open: boolean) => !open && onClose()
  if (send.data) {
    return (
      <Dialog open onOpenChange={close} title={t('bring')} description={onnx?.name ?? ''}>
        <Running
          first={send.data}
          project={project}
          onRefused={(problem) => {
            setRefused(problem)
            send.reset()
            void client.invalidateQueries({ queryKey: keys.models(project.id) })
          }}
        />
      </Dialog>
    )
  }
  return (
    <Dialog
      open
      onOpenChange={close}
      title={t('bring')}
      description={t('bring.text')}
      onSubmit={() => send.mutate()}
      footer={
        <>
          <Button onClick={onClose}>{t('common:cancel')}</Button>
          <Button type="submit" variant="primary" busy={send.isPending} disabled={!onnx || !map}>
            {t('bring.action')}
          </Button>
        </>
      }
    >
      <FilePick
        label={t('bring.model')}
        hint={t('bring.modelHint')}
        accept=".onnx"
        icon={<FileBox size={18} aria-hidden />}
        file={onnx}
        error={wrong.onnx}
        onFile={setOnnx}
      />
      <FilePick
        label={t('bring.map')}
        hint={t('bring.mapHint')}
        accept=".json,.pbtxt"
        icon={<FileJson size={18} aria-hidden />}
        file={map}
        error={wrong.map}
        onFile={setMap}
      />
      <TextField label={t('name')} optional maxLength={200} value={name} onValue={setName} />
      <Field label={t('bring.kind')} hint={t(`bring.kindHint.${kind}`)}>
        {({ id }) => (
          <Select<Kind>
            id={id}
            label={t('bring.kind')}
            value={kind}
            choices={[
              { value: 'semantic', label: t('purpose.semantic') },
              { value: 'instance', label: t('purpose.instance') },
            ]}
            onValue={setKind}
          />
        )}
      </Field>
      <div className="field-pair">
        <TextField
          label={t('settings.confidence')}
          hint={t('settings.confidenceHint')}
          inputMode="decimal"
          value={confidence}
          error={fieldError(error, 'settings.confidence')}
          onValue={setConfidence}
        />
        <TextField
          label={t('settings.detections')}
          hint={t('settings.detectionsHint')}
          inputMode="numeric"
          value={detections}
          error={fieldError(error, 'settings.detections')}
          onValue={setDetections}
        />
      </div>
      {error && wrong.onnx === null && wrong.map === null && <ProblemNotice error={error} />}
    </Dialog>
  )
}
