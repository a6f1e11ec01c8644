/** The two models that are fused to a panoptic one: what things stand on, and the things. */
import { useTranslation } from 'react-i18next'

import type { Model } from '@/sync/learningApi'
import { Field, Select } from '@/ui/kit/Field'

import { isReady, useModelName } from '../ModelState'

interface FuseFieldsProps {
  readonly models: readonly Model[]
  readonly parts: readonly [string, string]
  readonly onParts: (parts: readonly [string, string]) => void
}

export function FuseFields({ models, parts, onParts }: FuseFieldsProps) {
  const { t } = useTranslation('models')
  const name = useModelName()
  const purposes = ['semantic', 'instance'] as const
  return (
    <div className="field-pair">
      {purposes.map((purpose, position) => (
        <Field key={purpose} label={t(`fuse.${purpose}`)}>
          {({ id }) => (
            <Select
              id={id}
              label={t(`fuse.${purpose}`)}
              value={parts[position] ?? ''}
              choices={[
                { value: '', label: t('fuse.choose') },
                ...models
                  .filter((model) => isReady(model) && model.purpose === purpose)
                  .map((model) => ({
                    value: model.id,
                    label: name(model),
                    hint: `#${model.number} · ${t(`state.${model.state}`)}`,
                  })),
              ]}
              onValue={(id) => onParts(position === 0 ? [id, parts[1]] : [parts[0], id])}
            />
          )}
        </Field>
      ))}
    </div>
  )
}
