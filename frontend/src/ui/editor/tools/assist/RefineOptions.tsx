/** What refining an outline can be told. */
import { useTranslation } from 'react-i18next'

import { Segmented } from '@/ui/kit/Field'

import type { OptionsProps } from '../options'
import { Setting } from './Setting'
import { useAssist } from './useAssist'

export function RefineOptions({ session }: OptionsProps) {
  const { t } = useTranslation('assists')
  const [{ iterations, smoothing, balloon }, set] = useAssist(session, 'refine')
  return (
    <>
      <Setting
        label={t('steps')}
        value={iterations}
        low={1}
        high={200}
        onValue={(next) => set({ iterations: next })}
      />
      <Setting
        label={t('smoothing')}
        value={smoothing}
        low={0}
        high={4}
        onValue={(next) => set({ smoothing: next })}
      />
      <Segmented
        label={t('balloon')}
        value={balloon}
        choices={[
          { value: 'inwards', label: t('balloon.inwards') },
          { value: 'none', label: t('balloon.none') },
          { value: 'outwards', label: t('balloon.outwards') },
        ]}
        onValue={(next) => set({ balloon: next })}
      />
    </>
  )
}
