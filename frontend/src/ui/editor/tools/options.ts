/** Which tool has which options in the bar above the canvas. */
import type { ComponentType } from 'react'

import type { ToolName } from '@/tools/editorState'

import type { EditorSession } from '../session'
import { ClusterOptions, SuperpixelOptions } from './assist/PieceOptions'
import { RefineOptions } from './assist/RefineOptions'
import { GrowOptions, WandOptions } from './assist/SeedOptions'
import { SmartOptions, WatershedOptions } from './assist/StrokeOptions'
import { ThresholdOptions } from './assist/ThresholdOptions'
import { ClickOptions } from './ClickOptions'
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
  click: ClickOptions,
  smart: SmartOptions,
  wand: WandOptions,
  grow: GrowOptions,
  superpixels: SuperpixelOptions,
  threshold: ThresholdOptions,
  clusters: ClusterOptions,
  watershed: WatershedOptions,
  refine: RefineOptions,
}
