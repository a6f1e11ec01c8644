/** Starting a training: what, on which data, from where; then the plan with its reasons, changeable. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { CircleAlert, Clock, Cpu, SlidersHorizontal, Sparkles } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'

import { listVersions, SPLITS, type Project } from '@/sync/api'
import { ApiProblem } from '@/sync/client'
import {
  getTrainingOptions,
  modelOfJob,
  startTraining,
  type Architecture,
  type Model,
  type PlanInput,
  type PlanOutcome,
  type TrainingOptions,
} from '@/sync/learningApi'
import { keys } from '@/ui/app/queries'
import { Skeleton } from '@/ui/kit/Bits'
import { Button } from '@/ui/kit/Button'
import { Dialog } from '@/ui/kit/Dialog'
import { TextField } from '@/ui/kit/Field'
import { sentence } from '@/ui/kit/format'
import { ProblemNotice } from '@/ui/kit/Problem'

import { roughTime } from '../format'
import { ArchitectureCards } from './ArchitectureCards'
import { DatasetFields, planStart, StartField, type Start } from './DatasetFields'
import { FuseFields } from './FuseFields'
import { overridesOf } from './planFields'
import { PlanView } from './PlanView'
import { usePlan } from './usePlan'

/** What the server says of single fields of the plan: `overrides.batch_size` or `batch_size`. */
function problemsByField(error: unknown): Record<string, string> {
  if (!(error instanceof ApiProblem)) return {}
  return Object.fromEntries(error.errors.map((one) => [one.where.replace(/^overrides\./, ''), one.message]))
}

function PlanFacts({
  outcome,
  options,
}: {
  readonly outcome: PlanOutcome
  readonly options: TrainingOptions
}) {
  const { t } = useTranslation('models')
  const minutes = typeof outcome.plan.minutes === 'number' ? outcome.plan.minutes : null
  const device = outcome.device ?? options.device
  return (
    <div className="plan-facts">
      <span>
        <Clock size={16} aria-hidden />
        {minutes === null
          ? t('train.noMinutes')
          : t('train.minutes', { time: roughTime(Math.max(60, minutes * 60)) })}
      </span>
      <span>
        <Cpu size={16} aria-hidden />
        {device?.name ?? device?.kind ?? t('train.noDevice')}
      </span>
    </div>
  )
}

interface PlanPartProps {
  readonly plan: ReturnType<typeof usePlan>
  readonly options: TrainingOptions
  readonly texts: Readonly<Record<string, string>>
  readonly wrong: Readonly<Record<string, 'number' | 'json'>>
  readonly onText: (field: string, text: string | null) => void
  readonly onReset: () => void
}

function PlanPart({ plan, options, texts, wrong, onText, onReset }: PlanPartProps) {
  const { t } = useTranslation('models')
  const [editing, setEditing] = useState(false)
  const own = Object.fromEntries(
    Object.entries(wrong).map(([field, kind]) => [field, t(`train.wrong.${kind}`)]),
  )
  const problems = { ...problemsByField(plan.error), ...own }
  const known = plan.outcome?.plan ?? {}
  const elsewhere = plan.error !== null && !Object.keys(problems).some((field) => field in known)
  const count = Object.keys(texts).length
  return (
    <section className="plan-part stack" aria-label={t('train.plan')} aria-busy={plan.busy}>
      <div className="spread">
        <h3>{t('train.plan')}</h3>
        <div className="row">
          {count > 0 && (
            <Button size="sm" variant="ghost" onClick={onReset}>
              {t('train.resetAll', { count })}
            </Button>
          )}
          <Button
            size="sm"
            variant="ghost"
            aria-pressed={editing}
            disabled={!plan.outcome}
            icon={<SlidersHorizontal size={14} aria-hidden />}
            onClick={() => setEditing(!editing)}
          >
            {t('train.advanced')}
          </Button>
        </div>
      </div>
      {elsewhere && <ProblemNotice error={plan.error} onRetry={plan.retry} />}
      {!plan.outcome && !plan.error && (
        <>
          <p className="small muted" role="status">
            {t('train.planning')}
          </p>
          <Skeleton style={{ height: 240, borderRadius: 12 }} />
        </>
      )}
      {plan.outcome && (
        <div className="stack plan-shown" data-stale={plan.busy || undefined}>
          <PlanFacts outcome={plan.outcome} options={options} />
          <PlanView
            plan={plan.outcome.plan}
            reasons={plan.outcome.reasons}
            chosen={Object.keys(texts)}
            changes={editing ? { texts, problems, encoders: options.encoders, onText } : undefined}
          />
        </div>
      )}
    </section>
  )
}

interface TrainDialogProps {
  readonly project: Project
  readonly models: readonly Model[]
  readonly onClose: () => void
}

export function TrainDialog(props: TrainDialogProps) {
  const { project, onClose } = props
  const { t } = useTranslation('models')
  const options = useQuery({
    queryKey: keys.trainingOptions(project.id),
    queryFn: () => getTrainingOptions(project.id),
  })
  if (options.data) return <TrainForm {...props} options={options.data} />
  return (
    <Dialog open wide onOpenChange={(open) => !open && onClose()} title={t('train')}>
      {options.error ? (
        <ProblemNotice error={options.error} onRetry={() => void options.refetch()} />
      ) : (
        <Skeleton style={{ height: 360, borderRadius: 12 }} />
      )}
    </Dialog>
  )
}

function TrainForm({
  project,
  models,
  options,
  onClose,
}: TrainDialogProps & { readonly options: TrainingOptions }) {
  const { t } = useTranslation('models')
  const client = useQueryClient()
  const navigate = useNavigate()
  const usual =
    options.architectures.find((one) => one.recommended && one.available) ??
    options.architectures.find((one) => one.available)
  const [architecture, setArchitecture] = useState<Architecture>(usual?.name ?? 'unet')
  const [name, setName] = useState('')
  const [version, setVersion] = useState<string | null>(null)
  const [start, setStart] = useState<Start>({ kind: 'planner' })
  const [parts, setParts] = useState<readonly [string, string]>(['', ''])
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>({})
  const versions = useQuery({
    queryKey: keys.versions(project.id),
    queryFn: () => listVersions(project.id),
  })
  const fused = architecture === 'fused'
  const possible = usual !== undefined
  // Texts are read against the plan that they change; a field that no plan has is read as text.
  const [basis, setBasis] = useState<PlanOutcome['plan']>({})
  const { overrides, problems } = overridesOf(texts, basis)
  const begun = planStart(start)
  const input: PlanInput = {
    architecture,
    version,
    ...(begun.parent === undefined ? {} : { parent: begun.parent }),
    overrides: { ...begun.overrides, ...overrides },
  }
  const wrong = Object.keys(problems).length > 0
  const plan = usePlan(project.id, fused || !possible || wrong ? null : input)
  const [seen, setSeen] = useState(plan.outcome)
  if (plan.outcome && seen !== plan.outcome) {
    setSeen(plan.outcome)
    setBasis(plan.outcome.plan)
  }
  const shown = plan.outcome ? plan : { ...plan, outcome: seen }
  const train = useMutation({
    mutationFn: () =>
      startTraining(project.id, {
        ...(fused ? { architecture, parts } : input),
        ...(start.kind === 'file' && !fused ? { weights: start.name } : {}),
        ...(name.trim() === '' ? {} : { name: name.trim() }),
      }),
    onSuccess: (job) => {
      void client.invalidateQueries({ queryKey: keys.models(project.id) })
      void client.invalidateQueries({ queryKey: ['jobs'] })
      void client.invalidateQueries({ queryKey: keys.versions(project.id) })
      const model = modelOfJob(job)
      onClose()
      if (model !== null) void navigate(`/projects/${project.id}/models/${model}`)
    },
  })
  const ready = fused ? parts.every((part) => part !== '') : plan.fresh && !wrong
  const change = (field: string, text: string | null) =>
    setTexts((before) => {
      const { [field]: _gone, ...rest } = before
      return text === null ? rest : { ...rest, [field]: text }
    })
  return (
    <Dialog
      open
      wide
      onOpenChange={(open) => !open && onClose()}
      title={t('train')}
      description={t('train.text')}
      onSubmit={() => ready && train.mutate()}
      footer={
        <>
          <span className="grow small muted num">
            {SPLITS.map((split) => `${t(`common:split.${split}`)} ${options.labelled[split]}`).join(' · ')}
          </span>
          <Button onClick={onClose}>{t('common:cancel')}</Button>
          <Button
            type="submit"
            variant="primary"
            icon={<Sparkles size={16} aria-hidden />}
            busy={train.isPending}
            disabled={!ready}
          >
            {t('train.action')}
          </Button>
        </>
      }
    >
      {options.missing.map((one) => (
        <div key={one.message} className="notice notice-warning">
          <CircleAlert size={18} aria-hidden />
          <p>{sentence(one.message)}</p>
        </div>
      ))}
      <ArchitectureCards
        options={options.architectures}
        value={architecture}
        onValue={(next) => {
          setArchitecture(next)
          setTexts({})
        }}
      />
      {fused ? (
        <FuseFields models={models} parts={parts} onParts={setParts} />
      ) : (
        <div className="train-fields">
          <DatasetFields
            versions={versions.data ?? []}
            labelled={options.labelled}
            value={version}
            onValue={setVersion}
          />
          <StartField
            architecture={architecture}
            models={models}
            weights={options.weights}
            value={start}
            onValue={setStart}
          />
          <TextField
            label={t('name')}
            optional
            maxLength={200}
            value={name}
            placeholder={t('name.placeholder')}
            onValue={setName}
          />
        </div>
      )}
      {!fused && possible && (
        <PlanPart
          plan={shown}
          options={options}
          texts={texts}
          wrong={problems}
          onText={change}
          onReset={() => setTexts({})}
        />
      )}
      {train.error && <ProblemNotice error={train.error} />}
    </Dialog>
  )
}
