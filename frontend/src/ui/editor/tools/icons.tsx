/** How each tool looks in the rail, and which tools stand together. */
import {
  Blocks,
  Brush,
  CircleDot,
  Contrast,
  Eraser,
  Grid3x3,
  Hand,
  LassoSelect,
  type LucideIcon,
  Magnet,
  MapPin,
  MousePointer2,
  MousePointerClick,
  Mountain,
  Pentagon,
  RectangleHorizontal,
  Scan,
  Scissors,
  Slice,
  Spline,
  Sprout,
  WandSparkles,
  Waypoints,
} from 'lucide-react'

import type { ToolName } from '@/tools/editorState'

export const ICONS: Readonly<Record<ToolName, LucideIcon>> = {
  select: MousePointer2,
  vertex: Spline,
  hand: Hand,
  polygon: Pentagon,
  box: RectangleHorizontal,
  polyline: Waypoints,
  point: MapPin,
  brush: Brush,
  eraser: Eraser,
  lasso: LassoSelect,
  wand: WandSparkles,
  scissors: Scissors,
  smart: Scan,
  threshold: Contrast,
  superpixels: Grid3x3,
  clusters: Blocks,
  grow: Sprout,
  watershed: Mountain,
  refine: CircleDot,
  click: MousePointerClick,
  split: Slice,
  border: Magnet,
}

/** Top to bottom; a tool that is not in the catalogue is left out. */
export const GROUPS: readonly (readonly ToolName[])[] = [
  ['select', 'vertex', 'hand'],
  ['polygon', 'box', 'polyline', 'point', 'brush', 'eraser', 'lasso', 'scissors'],
  ['click', 'smart', 'wand', 'superpixels', 'threshold', 'clusters', 'grow', 'watershed', 'refine'],
  ['split', 'border'],
]
