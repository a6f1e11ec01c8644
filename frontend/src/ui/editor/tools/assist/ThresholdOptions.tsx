/** What the threshold can be told: how it is found, of which channel, and the band on the histogram. */
import { useTranslation } from 'react-i18next'

import { CHANNELS, type ThresholdSettings } from '@/tools/threshold/settings'
import { Segmented, Select } from '@/ui/kit/Field'

import { usePart } from '../../use'
import type { OptionsProps } from '../options'
import { HistogramBand } from './HistogramBand'
import { Setting } from './Setting'
import { useAssist } from './useAssist'

export function ThresholdOptions({ session }: OptionsProps) {
  const { t } = useTranslation('assists')
  const [settings, set] = useAssist(session, 'threshold')
  const histogram = usePart(session.state, (state) => state.proposal?.histogram ?? null)
  const band = settings.mode === 'range' || !histogram ? settings : histogram
  return (
    <>
      <Segmented
        label={t('mode')}
        value={settings.mode}
        choices={[
          { value: 'otsu', label: t('mode.otsu') },
          { value: 'multi_otsu', label: t('mode.multi') },
          { value: 'range', label: t('mode.range') },
        ]}
        onValue={(mode) => set(mode === 'range' ? { mode, low: band.low, high: band.high } : { mode })}
      />
      <ModeOptions settings={settings} set={set} />
      <Select
        label={t('channel')}
        size="sm"
        value={settings.channel}
        choices={CHANNELS.map((value) => ({ value, label: t(`channel.${value}`) }))}
        onValue={(channel) => set({ channel })}
      />
      <HistogramBand
        counts={histogram?.counts ?? null}
        low={band.low}
        high={band.high}
        onBand={(low, high) => set({ mode: 'range', low, high })}
      />
    </>
  )
}

interface ModeProps {
  readonly settings: ThresholdSettings
  readonly set: (patch: Partial<ThresholdSettings>) => void
}

function ModeOptions({ settings: { mode, side, classes, level }, set }: ModeProps) {
  const { t } = useTranslation('assists')
  if (mode === 'range') return null
  if (mode === 'otsu')
    return (
      <Segmented
        label={t('side')}
        value={side}
        choices={[
          { value: 'bright', label: t('side.bright') },
          { value: 'dark', label: t('side.dark') },
        ]}
        onValue={(next) => set({ side: next })}
      />
    )
  const groups = Array.from({ length: classes }, (_, k) => ({ value: String(k), label: String(k + 1) }))
  return (
    <>
      <Setting
        label={t('groups')}
        value={classes}
        low={2}
        high={6}
        onValue={(next) => set({ classes: next, level: Math.min(level, next - 1) })}
      />
      <Segmented
        label={t('level')}
        value={String(Math.min(level, classes - 1))}
        choices={groups}
        onValue={(next) => set({ level: Number(next) })}
      />
    </>
  )
}
