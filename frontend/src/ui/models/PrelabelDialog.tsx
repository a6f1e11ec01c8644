/** Pre-labelling: which images the champion looks at, and how far it is. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Crown } from 'lucide-react'
import { RadioGroup } from 'radix-ui'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import { isFinished, patchProject, type Job, type Project } from '@/sync/api'
import { listModels, startPredicting, type Model } from '@/sync/learningApi'
import { can, keys } from '@/ui/app/queries'
import { JobProgress } from '@/ui/jobs/JobProgress'
import { useJob } from '@/ui/jobs/useJob'
import { Skeleton } from '@/ui/kit/Bits'
import { Button } from '@/ui/kit/Button'
import { Dialog } from '@/ui/kit/Dialog'
import { Checkbox, Select, SwitchField } from '@/ui/kit/Field'
import { integer } from '@/ui/kit/format'
import { ProblemNotice } from '@/ui/kit/Problem'
import { useToast } from '@/ui/kit/Toast'

import { championOf, isReady, useModelName } from './ModelState'

type Scope = 'selection' | 'unlabelled' | 'all'

/** The switch by which every new upload is looked at. */
export function AutoPrelabel({ project }: { readonly project: Project }) {
  const { t } = useTranslation('models')
  const client = useQueryClient()
  const toast = useToast()
  const save = useMutation({
    mutationFn: (auto_prelabel: boolean) => patchProject(project.id, { auto_prelabel }),
    onSuccess: (next) => client.setQueryData(keys.project(project.id), next),
    onError: toast.failed,
  })
  return (
    <SwitchField
      label={t('prelabel.auto')}
      hint={t('prelabel.autoHint')}
      checked={save.isPending ? save.variables : project.auto_prelabel}
      disabled={!can(project, 'manager')}
      onValue={(on) => save.mutate(on)}
    />
  )
}

function Running({ first }: { readonly first: Job }) {
  const { t } = useTranslation('models')
  const job = useJob(first)
  return (
    <>
      <JobProgress job={job} />
      {job.state === 'succeeded' ? (
        <p>
          {t('prelabel.done')}{' '}
          <Link to={`/projects/${job.project ?? ''}/queue`}>{t('prelabel.toQueue')}</Link>
        </p>
      ) : (
        !isFinished(job) && <p className="small muted">{t('prelabel.background')}</p>
      )}
    </>
  )
}

interface ScopePickerProps {
  readonly counts: Readonly<Record<Scope, number>>
  readonly value: Scope
  readonly onValue: (scope: Scope) => void
}

function ScopePicker({ counts, value, onValue }: ScopePickerProps) {
  const { t, i18n } = useTranslation('models')
  const scopes = (['selection', 'unlabelled', 'all'] as const).filter(
    (scope) => scope !== 'selection' || counts.selection > 0,
  )
  return (
    <RadioGroup.Root
      className="scope-picker"
      aria-label={t('prelabel.scope')}
      value={value}
      onValueChange={(next) => onValue(next as Scope)}
    >
      {scopes.map((scope) => (
        <RadioGroup.Item key={scope} value={scope} className="choice-card">
          <strong>{t(`prelabel.scope.${scope}`)}</strong>
          <span className="small muted num">
            {t('prelabel.images', { count: counts[scope], number: integer(counts[scope], i18n.language) })}
          </span>
        </RadioGroup.Item>
      ))}
    </RadioGroup.Root>
  )
}

interface PrelabelDialogProps {
  readonly project: Project
  /** Ids of selected images; empty where it was not started from a selection. */
  readonly selection?: readonly string[]
  /** The model that is chosen at first; the champion where none is named. */
  readonly model?: string
  readonly onClose: () => void
}

export function PrelabelDialog({ project, selection = [], model: first, onClose }: PrelabelDialogProps) {
  const { t } = useTranslation('models')
  const client = useQueryClient()
  const name = useModelName()
  const models = useQuery({ queryKey: keys.models(project.id), queryFn: () => listModels(project.id) })
  const usable = (models.data ?? []).filter((each) => isReady(each) && each.purpose !== 'click')
  const [picked, setPicked] = useState<string | undefined>(first)
  const [scope, setScope] = useState<Scope>(selection.length > 0 ? 'selection' : 'unlabelled')
  const [again, setAgain] = useState(false)
  const model: Model | undefined =
    usable.find((each) => each.id === picked) ?? championOf(usable) ?? usable[0]
  const start = useMutation({
    mutationFn: (id: string) =>
      startPredicting(id, scope === 'selection' ? { images: selection, again } : { scope, again }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['jobs'] }),
  })
  const close = (open: boolean) => !open && onClose()
  if (start.data) {
    return (
      <Dialog open onOpenChange={close} title={t('prelabel')} description={model ? name(model) : ''}>
        <Running first={start.data} />
      </Dialog>
    )
  }
  const counts = {
    selection: selection.length,
    unlabelled: project.counts.new,
    all: project.counts.images,
  }
  return (
    <Dialog
      open
      onOpenChange={close}
      title={t('prelabel')}
      description={t('prelabel.text')}
      onSubmit={() => model && start.mutate(model.id)}
      footer={
        <>
          <Button onClick={onClose}>{t('common:cancel')}</Button>
          <Button
            type="submit"
            variant="primary"
            busy={start.isPending}
            disabled={!model || counts[scope] === 0}
          >
            {t('prelabel.action')}
          </Button>
        </>
      }
    >
      {models.error && <ProblemNotice error={models.error} onRetry={() => void models.refetch()} />}
      {models.isPending && <Skeleton style={{ height: 120, borderRadius: 12 }} />}
      {models.isSuccess && !model && (
        <div className="notice">
          <Crown size={18} aria-hidden />
          <p>
            {t('prelabel.noModel')}{' '}
            <Link to={`/projects/${project.id}/models?train`}>{t('prelabel.toTraining')}</Link>
          </p>
        </div>
      )}
      {model && (
        <>
          <Select
            label={t('prelabel.model')}
            prefix={t('prelabel.model')}
            value={model.id}
            choices={usable.map((each) => ({
              value: each.id,
              label: name(each),
              hint: `#${each.number} · ${t(`architecture.${each.architecture}`)} · ${t(`state.${each.state}`)}`,
            }))}
            onValue={setPicked}
          />
          <ScopePicker counts={counts} value={scope} onValue={setScope} />
          <p className="small muted">{t('prelabel.testNote')}</p>
          <Checkbox label={t('prelabel.again')} checked={again} onValue={setAgain} />
          <hr className="line" />
          <AutoPrelabel project={project} />
        </>
      )}
      {start.error && <ProblemNotice error={start.error} />}
    </Dialog>
  )
}
