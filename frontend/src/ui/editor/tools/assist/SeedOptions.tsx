/** What the magic wand and region growing can be told. */
import { useTranslation } from 'react-i18next'

import { SPREAD } from '@/tools/grow/settings'
import { MOST_TOLERANCE } from '@/tools/wand/settings'
import { Segmented } from '@/ui/kit/Field'

import type { OptionsProps } from '../options'
import { MarkingChoice } from './Marking'
import { Setting } from './Setting'
import { useAssist } from './useAssist'

export function WandOptions({ session }: OptionsProps) {
  const { t } = useTranslation('assists')
  const [{ tolerance, reach }, set] = useAssist(session, 'wand')
  return (
    <>
      <MarkingChoice session={session} choices="three" />
      <Setting
        label={t('tolerance')}
        value={tolerance}
        low={0}
        high={MOST_TOLERANCE}
        onValue={(next) => set({ tolerance: next })}
      />
      <Segmented
        label={t('reach')}
        value={reach}
        choices={[
          { value: 'contiguous', label: t('reach.contiguous') },
          { value: 'anywhere', label: t('reach.anywhere') },
        ]}
        onValue={(next) => set({ reach: next })}
      />
    </>
  )
}

export function GrowOptions({ session }: OptionsProps) {
  const { t } = useTranslation('assists')
  const [{ spread, radius }, set] = useAssist(session, 'grow')
  return (
    <>
      <MarkingChoice session={session} choices="adding" />
      <Setting
        label={t('spread')}
        value={spread}
        low={SPREAD.low}
        high={SPREAD.high}
        step={0.1}
        onValue={(next) => set({ spread: next })}
      />
      <Setting
        label={t('radius')}
        value={radius}
        low={0}
        high={20}
        onValue={(next) => set({ radius: next })}
      />
    </>
  )
}
