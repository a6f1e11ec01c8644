/** What the smart region and the watershed can be told. */
import { useTranslation } from 'react-i18next'

import type { OptionsProps } from '../options'
import { MarkingChoice } from './Marking'
import { Setting } from './Setting'
import { useAssist } from './useAssist'

export function SmartOptions({ session }: OptionsProps) {
  const { t } = useTranslation('assists')
  const [{ core, iterations }, set] = useAssist(session, 'smart')
  return (
    <>
      <MarkingChoice session={session} choices="two" />
      <Setting
        label={t('core')}
        value={core}
        low={0}
        high={0.9}
        step={0.1}
        onValue={(next) => set({ core: next })}
      />
      <Setting
        label={t('iterations')}
        value={iterations}
        low={1}
        high={8}
        onValue={(next) => set({ iterations: next })}
      />
    </>
  )
}

export function WatershedOptions({ session }: OptionsProps) {
  const { t } = useTranslation('assists')
  const [{ smoothing }, set] = useAssist(session, 'watershed')
  return (
    <>
      <MarkingChoice session={session} choices="two" />
      <Setting
        label={t('blur')}
        value={smoothing}
        low={0}
        high={5}
        step={0.5}
        onValue={(next) => set({ smoothing: next })}
      />
    </>
  )
}
