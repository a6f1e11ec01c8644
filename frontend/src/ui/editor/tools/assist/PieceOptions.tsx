/** What superpixels and clusters can be told. */
import { Toggle } from 'radix-ui'
import { useTranslation } from 'react-i18next'

import { Segmented } from '@/ui/kit/Field'

import type { OptionsProps } from '../options'
import { MarkingChoice } from './Marking'
import { Setting } from './Setting'
import { useAssist } from './useAssist'

export function SuperpixelOptions({ session }: OptionsProps) {
  const { t } = useTranslation('assists')
  const [{ count, compactness }, set] = useAssist(session, 'superpixels')
  return (
    <>
      <MarkingChoice session={session} choices="two" />
      <Setting
        label={t('count')}
        value={count}
        low={20}
        high={2000}
        step={20}
        onValue={(next) => set({ count: next })}
      />
      <Setting
        label={t('compactness')}
        value={compactness}
        low={1}
        high={50}
        onValue={(next) => set({ compactness: next })}
      />
    </>
  )
}

export function ClusterOptions({ session }: OptionsProps) {
  const { t } = useTranslation('assists')
  const [{ method, clusters, connected }, set] = useAssist(session, 'clusters')
  return (
    <>
      <MarkingChoice session={session} choices="two" />
      <Segmented
        label={t('method')}
        value={method}
        choices={[
          { value: 'kmeans', label: t('method.kmeans') },
          { value: 'hierarchical', label: t('method.hierarchical') },
          { value: 'fuzzy', label: t('method.fuzzy') },
        ]}
        onValue={(next) => set({ method: next })}
      />
      <Setting
        label={t('clusters')}
        value={clusters}
        low={2}
        high={12}
        onValue={(next) => set({ clusters: next })}
      />
      <Toggle.Root
        className="option-toggle"
        title={t('connectedHelp')}
        pressed={connected}
        onPressedChange={(next) => set({ connected: next })}
      >
        {t('connected')}
      </Toggle.Root>
    </>
  )
}
