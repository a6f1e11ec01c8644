/** How a model is named and where it stands, alike on every page that shows one. */
import { CircleAlert, CircleCheck, Crown, LoaderCircle, Archive } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import type { Model, ModelRef, ModelState } from '@/sync/learningApi'
import { Badge } from '@/ui/kit/Bits'

const LOOKS: Readonly<
  Record<ModelState, readonly ['neutral' | 'accent' | 'danger' | 'success' | 'warning', ReactNode]>
> = {
  training: ['accent', <LoaderCircle key="t" size={13} className="spin" aria-hidden />],
  failed: ['danger', <CircleAlert key="f" size={13} aria-hidden />],
  candidate: ['neutral', <CircleCheck key="c" size={13} aria-hidden />],
  champion: ['success', <Crown key="w" size={13} aria-hidden />],
  retired: ['neutral', <Archive key="r" size={13} aria-hidden />],
}

export function StateBadge({ state }: { readonly state: ModelState }) {
  const { t } = useTranslation('models')
  const [tone, icon] = LOOKS[state]
  return (
    <Badge tone={tone}>
      {icon}
      {t(`state.${state}`)}
    </Badge>
  )
}

/** What to call a model: its name, or its number. */
export function useModelName(): (model: Pick<ModelRef, 'number' | 'name'>) => string {
  const { t } = useTranslation('models')
  return (model) => model.name || t('number', { number: model.number })
}

export function championOf(models: readonly Model[]): Model | undefined {
  return models.find((model) => model.state === 'champion' && model.purpose !== 'click')
}

/** Whether it learns here: brought and fused models have no steps and no curves. */
export function isTrained(model: Pick<Model, 'architecture'>): boolean {
  return model.architecture !== 'onnx' && model.architecture !== 'fused'
}

/** Whether it can predict. */
export function isReady(model: Pick<Model, 'state'>): boolean {
  return model.state === 'candidate' || model.state === 'champion' || model.state === 'retired'
}
