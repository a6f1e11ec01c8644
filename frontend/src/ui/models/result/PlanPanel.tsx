/** The plan that a model was trained by, with its reasons. */
import { useTranslation } from 'react-i18next'

import type { ModelDetail } from '@/sync/learningApi'

import { Panel } from '../run/RunPanels'
import { PlanView } from '../train/PlanView'

export function PlanPanel({ model }: { readonly model: ModelDetail }) {
  const { t } = useTranslation('models')
  const note = [t('plan.seed', { seed: model.seed }), model.code_version].filter(Boolean).join(' · ')
  return (
    <Panel title={t('view.plan')} note={note} wide>
      <PlanView plan={model.plan} reasons={model.reasons} chosen={Object.keys(model.overrides)} />
    </Panel>
  )
}
