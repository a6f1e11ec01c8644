/** What the tool in hand can be told: brush size and shape, the hole switch; and how to use it, in one line. */
import { Circle, Square } from 'lucide-react'
import { Slider, Toggle } from 'radix-ui'
import { useTranslation } from 'react-i18next'

import { type EditorState, MAX_BRUSH } from '@/tools/editorState'
import { Segmented } from '@/ui/kit/Field'

import type { EditorSession } from './session'
import { useObservable } from './use'

export function ToolOptions({ session }: { readonly session: EditorSession }) {
  const { t } = useTranslation('editor')
  const state = useObservable(session.state)
  const { tool } = state
  return (
    <div className="tool-options" key={tool}>
      <strong>{t(`tool.${tool}`)}</strong>
      {(tool === 'brush' || tool === 'eraser') && <BrushOptions session={session} state={state} />}
      {tool === 'polygon' && (
        <Toggle.Root
          className="option-toggle"
          pressed={state.cutsHole}
          onPressedChange={(cutsHole) => session.state.set({ cutsHole })}
        >
          {t('cutsHole')} <kbd>Alt</kbd>
        </Toggle.Root>
      )}
      <span className="tool-tip">{t(`tip.${tool}`)}</span>
    </div>
  )
}

/** The slider is logarithmic: 1, 2, 3 pixels matter as much as 300 and 400. */
const STEPS = 100
const toStep = (size: number) => Math.round((Math.log(size) / Math.log(MAX_BRUSH)) * STEPS)
const toSize = (step: number) => Math.max(1, Math.round(MAX_BRUSH ** (step / STEPS)))

interface BrushProps {
  readonly session: EditorSession
  readonly state: EditorState
}

function BrushOptions({ session, state }: BrushProps) {
  const { t } = useTranslation('editor')
  const { brushSize, brushShape } = state
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
