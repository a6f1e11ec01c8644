/** How objects are shown: opacity, fills, outlines. A change follows the person to every browser (follow.ts). */
import { SlidersHorizontal } from 'lucide-react'
import { Popover, Slider } from 'radix-ui'
import { useTranslation } from 'react-i18next'

import { IconButton } from '@/ui/kit/Button'
import { SwitchField } from '@/ui/kit/Field'

import type { EditorSession, ViewOptions } from './session'
import { useObservable } from './use'

export function ViewMenu({ session }: { readonly session: EditorSession }) {
  const { t } = useTranslation('editor')
  const options = useObservable(session.options)
  const set = (patch: Partial<ViewOptions>) => session.options.set(patch)
  return (
    <Popover.Root>
      <Popover.Trigger asChild>
        <IconButton label={t('view')}>
          <SlidersHorizontal size={18} aria-hidden />
        </IconButton>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content className="menu view-menu stack" align="end" sideOffset={6} aria-label={t('view')}>
          <div className="stack-2">
            <div className="spread">
              <span className="field-label">{t('opacity')}</span>
              <span className="muted small num">{Math.round(options.opacity * 100)} %</span>
            </div>
            <Slider.Root
              className="slider slider-wide"
              min={0}
              max={100}
              step={5}
              value={[Math.round(options.opacity * 100)]}
              onValueChange={([value]) => set({ opacity: (value ?? 0) / 100 })}
            >
              <Slider.Track className="slider-track">
                <Slider.Range className="slider-range" />
              </Slider.Track>
              <Slider.Thumb className="slider-thumb" aria-label={t('opacity')} />
            </Slider.Root>
          </div>
          <SwitchField label={t('fills')} checked={options.fills} onValue={(fills) => set({ fills })} />
          <SwitchField
            label={t('outlines')}
            checked={options.outlines}
            onValue={(outlines) => set({ outlines })}
          />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}
