/** What the scissors can be told: whether the outline becomes a mask or a polygon. */
import { useTranslation } from 'react-i18next'

import { Segmented } from '@/ui/kit/Field'

import { usePart } from '../use'
import type { OptionsProps } from './options'

export function ScissorsOptions({ session }: OptionsProps) {
  const { t } = useTranslation('editor')
  const kind = usePart(session.state, (state) => state.proposalKind)
  return (
    <Segmented
      label={t('resultKind')}
      value={kind}
      choices={[
        { value: 'mask', label: t('kind.mask') },
        { value: 'polygon', label: t('kind.polygon') },
      ]}
      onValue={(proposalKind) => session.state.set({ proposalKind })}
    />
  )
}
