/** How objects are shown. A change follows the person to every browser (follow.ts); none of it is ever saved. */
import { SlidersHorizontal } from 'lucide-react'
import { Popover } from 'radix-ui'
import { useTranslation } from 'react-i18next'

import { IconButton } from '@/ui/kit/Button'
import { Segmented, SwitchField } from '@/ui/kit/Field'

import type { EditorSession } from './session'
import { useObservable } from './use'
import { LabelledSlider } from './view/LabelledSlider'
import type { ViewOptions } from './view/options'

export function ViewMenu({ session }: { readonly session: EditorSession }) {
  const { t } = useTranslation('editor')
  return (
    <Popover.Root>
      <Popover.Trigger asChild>
        <IconButton label={t('view')}>
          <SlidersHorizontal size={18} aria-hidden />
        </IconButton>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content className="menu view-menu stack" align="end" sideOffset={6} aria-label={t('view')}>
          <Options session={session} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}

function Options({ session }: { readonly session: EditorSession }) {
  const { t } = useTranslation(['view', 'editor'])
  const options = useObservable(session.options)
  const set = (patch: Partial<ViewOptions>) => session.options.set(patch)
  const { opacity, fills, outlines, labels, safeColours, grid, minimap } = options
  return (
    <>
      <LabelledSlider
        label={t('editor:opacity')}
        shown={`${Math.round(opacity * 100)} %`}
        min={0}
        max={100}
        step={5}
        values={[Math.round(opacity * 100)]}
        onValues={([value = 0]) => set({ opacity: value / 100 })}
      />
      <div className="stack-2">
        <span className="field-label">{t('view:colourBy')}</span>
        <Segmented
          label={t('view:colourBy')}
          value={options.colourBy}
          choices={[
            { value: 'class', label: t('view:byClass') },
            { value: 'object', label: t('view:byObject') },
          ]}
          onValue={(colourBy) => set({ colourBy })}
        />
      </div>
      <SwitchField label={t('editor:fills')} checked={fills} onValue={(value) => set({ fills: value })} />
      <SwitchField
        label={t('editor:outlines')}
        checked={outlines}
        onValue={(value) => set({ outlines: value })}
      />
      <SwitchField label={t('view:labels')} checked={labels} onValue={(value) => set({ labels: value })} />
      <SwitchField
        label={t('view:safeColours')}
        hint={t('view:safeHint')}
        checked={safeColours}
        onValue={(value) => set({ safeColours: value })}
      />
      <SwitchField label={t('view:grid')} checked={grid} onValue={(value) => set({ grid: value })} />
      <SwitchField label={t('view:minimap')} checked={minimap} onValue={(value) => set({ minimap: value })} />
    </>
  )
}
