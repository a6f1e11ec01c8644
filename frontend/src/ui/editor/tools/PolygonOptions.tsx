/** What the polygon tool can be told: whether the next outline cuts a hole, and whether it follows borders. */
import { Toggle } from 'radix-ui'
import { useTranslation } from 'react-i18next'

import { usePart } from '../use'
import type { OptionsProps } from './options'

export function PolygonOptions({ session }: OptionsProps) {
  const { t } = useTranslation('editor')
  const cutsHole = usePart(session.state, (state) => state.cutsHole)
  const followsBorders = usePart(session.state, (state) => state.followsBorders)
  return (
    <>
      <Toggle.Root
        className="option-toggle"
        pressed={cutsHole}
        onPressedChange={(pressed) => session.state.set({ cutsHole: pressed })}
      >
        {t('cutsHole')} <kbd>Alt</kbd>
      </Toggle.Root>
      <Toggle.Root
        className="option-toggle"
        pressed={followsBorders}
        onPressedChange={(pressed) => session.state.set({ followsBorders: pressed })}
      >
        {t('operations:followsBorders')}
      </Toggle.Root>
    </>
  )
}
