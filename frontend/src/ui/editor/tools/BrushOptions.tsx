/** What brush and eraser can be told: size and shape. */
import { Circle, Square } from 'lucide-react'
import { Slider } from 'radix-ui'
import { useTranslation } from 'react-i18next'

import { MAX_BRUSH } from '@/tools/editorState'
import { Segmented } from '@/ui/kit/Field'

import { useObservable } from '../use'
import type { OptionsProps } from './options'

/** The slider is logarithmic: 1, 2, 3 pixels matter as much as 300 and 400. */
const STEPS = 100
const toStep = (size: number) => Math.round((Math.log(size) / Math.log(MAX_BRUSH)) * STEPS)
const toSize = (step: number) => Math.max(1, Math.round(MAX_BRUSH ** (step / STEPS)))

export function BrushOptions({ session }: OptionsProps) {
  const { t } = useTranslation('editor')
  const { brushSize, brushShape } = useObservable(session.state)
  return (
    <>
      <Slider.Root
        className="slider"
        min={0}
        max={STEPS}
        value={[toStep(brushSize)]}
        onValueChange={([step]) => session.state.set({ brushSize: toSize(step ?? 0) })}
      >
        <Slider.Track className="slider-track">
          <Slider.Range className="slider-range" />
        </Slider.Track>
        <Slider.Thumb
          className="slider-thumb"
          aria-label={t('brushSize')}
          aria-valuetext={`${brushSize} px`}
        />
      </Slider.Root>
      <span className="num brush-size">{brushSize} px</span>
      <Segmented
        label={t('brushShape')}
        value={brushShape}
        choices={[
          { value: 'round', label: <Circle size={14} aria-hidden />, name: t('brush.round') },
          { value: 'square', label: <Square size={14} aria-hidden />, name: t('brush.square') },
        ]}
        onValue={(shape) => session.state.set({ brushShape: shape })}
      />
    </>
  )
}
