/** Exporting a version: the format, its options, then the job's progress and the download. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Download } from 'lucide-react'
import { RadioGroup } from 'radix-ui'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import {
  exportFileUrl,
  isFinished,
  startExport,
  type Format,
  type FormatOption,
  type Job,
  type Project,
  type Version,
} from '@/sync/api'
import { useFormats } from '@/ui/app/queries'
import { Skeleton } from '@/ui/kit/Bits'
import { Button, ButtonLink } from '@/ui/kit/Button'
import { Dialog } from '@/ui/kit/Dialog'
import { Field, Select, SwitchField } from '@/ui/kit/Field'
import { ProblemNotice } from '@/ui/kit/Problem'
import { JobProgress } from '@/ui/jobs/JobProgress'
import { useJob } from '@/ui/jobs/useJob'

import { FormatDrawing } from './FormatDrawing'

type Options = Record<string, string | boolean>

/** "keep_empty" -> "Keep empty": options come from the server, which may know more than this page. */
export function optionTitle(name: string): string {
  const words = name.replace(/_/g, ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

interface OptionFieldProps {
  readonly format: string
  readonly option: FormatOption
  readonly value: string | boolean
  readonly onValue: (value: string | boolean) => void
}

function OptionField({ format, option, value, onValue }: OptionFieldProps) {
  const { t } = useTranslation('versions')
  const title = t(`option.${format}.${option.name}`, optionTitle(option.name))
  const help = t(`optionHelp.${format}.${option.name}`, option.help)
  if (option.type === 'boolean') {
    return <SwitchField label={title} hint={help} checked={value === true} onValue={onValue} />
  }
  return (
    <Field label={title} hint={help}>
      {({ id }) => (
        <Select
          id={id}
          label={title}
          value={String(value)}
          choices={option.choices.map((choice) => ({
            value: choice,
            label: t(`choice.${format}.${option.name}.${choice}`, optionTitle(choice)),
          }))}
          onValue={onValue}
        />
      )}
    </Field>
  )
}

interface FormatPickerProps {
  readonly formats: readonly Format[]
  readonly value: string
  readonly onValue: (name: string) => void
}

export function FormatPicker({ formats, value, onValue }: FormatPickerProps) {
  const { t } = useTranslation('versions')
  return (
    <RadioGroup.Root className="format-picker" aria-label={t('format')} value={value} onValueChange={onValue}>
      {formats.map((format) => (
        <RadioGroup.Item
          key={format.name}
          value={format.name}
          className="choice-card format-card"
          aria-label={format.title}
        >
          <FormatDrawing name={format.name} />
          <strong>{format.title}</strong>
          <span className="small muted">{t(`formatHint.${format.name}`, '')}</span>
        </RadioGroup.Item>
      ))}
    </RadioGroup.Root>
  )
}

function RunningExport({ first }: { readonly first: Job }) {
  const { t } = useTranslation('versions')
  const job = useJob(first)
  return (
    <>
      <JobProgress job={job} />
      {job.state === 'succeeded' && (
        <ButtonLink variant="primary" size="lg">
          <a href={exportFileUrl(job.id)} download data-testid="download-export">
            <Download size={18} aria-hidden />
            {t('download')}
          </a>
        </ButtonLink>
      )}
      {!isFinished(job) && <p className="small muted">{t('export.background')}</p>}
    </>
  )
}

interface ExportDialogProps {
  readonly project: Project
  readonly version: Version
  readonly onClose: () => void
}

export function ExportDialog({ project, version, onClose }: ExportDialogProps) {
  const { t } = useTranslation('versions')
  const client = useQueryClient()
  const formats = useFormats()
  const writable = (formats.data ?? []).filter(
    (format) => format.writes && format.task_types.includes(project.task_type),
  )
  const [chosen, setChosen] = useState<string | null>(null)
  const [changed, setChanged] = useState<Options>({})
  const format = writable.find((each) => each.name === chosen) ?? writable[0]
  const options: Options = Object.fromEntries(
    (format?.options ?? []).map((option) => [option.name, changed[option.name] ?? option.default]),
  )
  const start = useMutation({
    mutationFn: () => startExport(version.id, { format: format?.name ?? '', options }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['jobs'] }),
  })
  const title = t('export.of', { number: version.number })
  if (start.data) {
    return (
      <Dialog
        open
        onOpenChange={(open) => !open && onClose()}
        title={title}
        description={format?.title ?? ''}
      >
        <RunningExport first={start.data} />
      </Dialog>
    )
  }
  return (
    <Dialog
      open
      wide
      onOpenChange={(open) => !open && onClose()}
      title={title}
      description={t('export.text')}
      onSubmit={() => start.mutate()}
      footer={
        <>
          <Button onClick={onClose}>{t('common:cancel')}</Button>
          <Button type="submit" variant="primary" busy={start.isPending} disabled={!format}>
            {t('export.action')}
          </Button>
        </>
      }
    >
      {formats.error && <ProblemNotice error={formats.error} onRetry={() => void formats.refetch()} />}
      {formats.isPending && <Skeleton style={{ height: 150, borderRadius: 12 }} />}
      {format && (
        <FormatPicker
          formats={writable}
          value={format.name}
          onValue={(name) => {
            setChosen(name)
            setChanged({})
          }}
        />
      )}
      {format?.options.map((option) => (
        <OptionField
          key={`${format.name}-${option.name}`}
          format={format.name}
          option={option}
          value={options[option.name] ?? option.default}
          onValue={(value) => setChanged((before) => ({ ...before, [option.name]: value }))}
        />
      ))}
      {start.error && <ProblemNotice error={start.error} />}
    </Dialog>
  )
}
