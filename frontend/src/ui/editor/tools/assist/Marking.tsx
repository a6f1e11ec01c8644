/** What a mark does when no key is held: for fingers and pens, which have no Shift and Alt. */
import { Minus, MousePointerClick, Plus } from 'lucide-react'
import { useTranslation } from 'react-i18next'

import type { Marking } from '@/tools/assist/settings'
import { Segmented } from '@/ui/kit/Field'

import { usePart } from '../../use'
import type { OptionsProps } from '../options'

export type Choices = 'three' | 'two' | 'adding'

const VALUES: Readonly<Record<Choices, readonly Marking[]>> = {
  three: ['new', 'add', 'remove'],
  two: ['add', 'remove'],
  adding: ['new', 'add'],
}

export function MarkingChoice({ session, choices }: OptionsProps & { readonly choices: Choices }) {
  const { t } = useTranslation('assists')
  const marking = usePart(session.state, (state) => state.marking)
  const values = VALUES[choices]
  const icons = { new: MousePointerClick, add: Plus, remove: Minus }
  return (
    <Segmented
      label={t('marking')}
      value={values.includes(marking) ? marking : values[0]!}
      choices={values.map((value) => {
        const Icon = icons[value]
        return { value, label: <Icon size={14} aria-hidden />, name: t(`marking.${value}`) }
      })}
      onValue={(next) => session.state.set({ marking: next })}
    />
  )
}
