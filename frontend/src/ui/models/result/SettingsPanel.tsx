/** What prediction uses of a model: confidence, detections, smallest object; managers may change them. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { Project } from '@/sync/api'
import { patchModel, type ModelDetail, type ModelSettings } from '@/sync/learningApi'
import { can, keys } from '@/ui/app/queries'
import { Button } from '@/ui/kit/Button'
import { TextField } from '@/ui/kit/Field'
import { numberIn } from '@/ui/kit/format'
import { fieldError, ProblemNotice } from '@/ui/kit/Problem'
import { useToast } from '@/ui/kit/Toast'

const FIELDS = ['confidence', 'detections', 'smallest'] as const
type FieldName = (typeof FIELDS)[number]

interface SettingsPanelProps {
  readonly project: Project
  readonly model: ModelDetail
}

export function SettingsPanel({ project, model }: SettingsPanelProps) {
  const { t } = useTranslation('models')
  const client = useQueryClient()
  const toast = useToast()
  const [texts, setTexts] = useState<Partial<Record<FieldName, string>>>({})
  const shown = FIELDS.filter((field) => model.settings[field] !== undefined)
  const changes: ModelSettings = Object.fromEntries(
    shown.flatMap((field) => {
      const value = numberIn(texts[field] ?? '')
      return value === null || value === model.settings[field] ? [] : [[field, value]]
    }),
  )
  const save = useMutation({
    mutationFn: () => patchModel(model.id, { settings: changes }),
    onSuccess: (next) => {
      client.setQueryData(keys.model(model.id), next)
      setTexts({})
      toast.done(t('settings.saved'), t('settings.savedText'))
    },
  })
  if (shown.length === 0) return <p className="nothing muted">{t('settings.none')}</p>
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault()
        save.mutate()
      }}
    >
      <div className="settings-fields">
        {shown.map((field) => (
          <TextField
            key={field}
            label={t(`settings.${field}`)}
            hint={t(`settings.${field}Hint`)}
            inputMode="decimal"
            disabled={!can(project, 'manager')}
            value={texts[field] ?? String(model.settings[field])}
            error={fieldError(save.error, `settings.${field}`)}
            onValue={(text) => setTexts((before) => ({ ...before, [field]: text }))}
          />
        ))}
      </div>
      {save.error && <ProblemNotice error={save.error} />}
      {can(project, 'manager') && (
        <div>
          <Button
            type="submit"
            variant="primary"
            busy={save.isPending}
            disabled={Object.keys(changes).length === 0}
          >
            {t('common:save')}
          </Button>
        </div>
      )}
    </form>
  )
}
