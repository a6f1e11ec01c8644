/** Which tool has which options in the bar above the canvas. */
import type { ComponentType } from 'react'

import type { ToolName } from '@/tools/editorState'

import type { EditorSession } from '../session'
import { BrushOptions } from './BrushOptions'
import { PolygonOptions } from './PolygonOptions'
import { ScissorsOptions } from './ScissorsOptions'

export interface OptionsProps {
  readonly session: EditorSession
}

export const OPTIONS: Readonly<Partial<Record<ToolName, ComponentType<OptionsProps>>>> = {
  polygon: PolygonOptions,
  brush: BrushOptions,
  eraser: BrushOptions,
  scissors: ScissorsOptions,
}
