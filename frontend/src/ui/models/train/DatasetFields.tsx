/** On which data a training learns, and with which weights it begins. */
import { useTranslation } from 'react-i18next'

import { SPLITS, type Split, type Version } from '@/sync/api'
import type { Architecture, Model, Plan, TrainingOptions } from '@/sync/learningApi'
import { Field, Select } from '@/ui/kit/Field'
import { bytes, integer } from '@/ui/kit/format'

import { isReady, useModelName } from '../ModelState'

/** Where a training begins; `planner`: what the planner finds best. */
export type Start =
  | { readonly kind: 'planner' | 'packaged' | 'scratch' }
  | { readonly kind: 'model'; readonly id: string }
  | { readonly kind: 'file'; readonly name: string }

/** What a start means for the plan. */
export function planStart(start: Start): { readonly parent?: string; readonly overrides: Plan } {
  if (start.kind === 'model') return { parent: start.id, overrides: {} }
  if (start.kind === 'packaged' || start.kind === 'scratch') return { overrides: { weights: start.kind } }
  return { overrides: {} }
}

function useSplitWords(): (counts: Readonly<Record<Split, number>>) => string {
  const { t, i18n } = useTranslation()
  return (counts) =>
    SPLITS.map((split) => `${t(`split.${split}`)} ${integer(counts[split], i18n.language)}`).join(' · ')
}

interface DatasetFieldsProps {
  readonly versions: readonly Version[]
  readonly labelled: Readonly<Record<Split, number>>
  readonly value: string | null
  readonly onValue: (version: string | null) => void
}

export function DatasetFields({ versions, labelled, value, onValue }: DatasetFieldsProps) {
  const { t } = useTranslation('models')
  const words = useSplitWords()
  const sorted = [...versions].sort((one, other) => other.number - one.number)
  return (
    <Field label={t('train.dataset')} hint={value === null ? t('train.freezeHint') : t('train.versionHint')}>
      {({ id }) => (
        <Select
          id={id}
          label={t('train.dataset')}
          value={value ?? ''}
          choices={[
            { value: '', label: t('train.freezeNow'), hint: words(labelled) },
            ...sorted.map((version) => ({
              value: version.id,
              label: version.name
                ? `v${version.number} · ${version.name}`
                : t('registry.version', { number: version.number }),
              hint: words(version.splits),
            })),
          ]}
          onValue={(next) => onValue(next === '' ? null : next)}
        />
      )}
    </Field>
  )
}

interface StartFieldProps {
  readonly architecture: Architecture
  readonly models: readonly Model[]
  readonly weights: TrainingOptions['weights']
  readonly value: Start
  readonly onValue: (start: Start) => void
}

const keyOf = (start: Start) =>
  start.kind === 'model' ? `model:${start.id}` : start.kind === 'file' ? `file:${start.name}` : start.kind

function startOf(key: string): Start {
  if (key.startsWith('model:')) return { kind: 'model', id: key.slice(6) }
  if (key.startsWith('file:')) return { kind: 'file', name: key.slice(5) }
  return { kind: key === 'scratch' || key === 'packaged' ? key : 'planner' }
}

export function StartField({ architecture, models, weights, value, onValue }: StartFieldProps) {
  const { t, i18n } = useTranslation('models')
  const name = useModelName()
  const parents = models.filter((model) => isReady(model) && model.architecture === architecture)
  const choices = [
    { value: 'planner', label: t('start.planner'), hint: t('start.plannerHint') },
    { value: 'packaged', label: t('start.packaged'), hint: t('start.packagedHint') },
    { value: 'scratch', label: t('start.scratch'), hint: t('start.scratchHint') },
    ...parents.map((model) => ({
      value: `model:${model.id}`,
      label: name(model),
      hint: `#${model.number} · ${t(`state.${model.state}`)}`,
    })),
    ...weights.map((file) => ({
      value: `file:${file.name}`,
      label: file.name,
      hint: bytes(file.size_bytes, i18n.language),
    })),
  ]
  const key = keyOf(value)
  return (
    <Field label={t('train.start')} hint={t('start.hint')}>
      {({ id }) => (
        <Select
          id={id}
          label={t('train.start')}
          value={choices.some((choice) => choice.value === key) ? key : 'planner'}
          choices={choices}
          onValue={(next) => onValue(startOf(next))}
        />
      )}
    </Field>
  )
}
