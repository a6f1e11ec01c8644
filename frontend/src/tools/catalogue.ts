/** The tools that there are: their keys, and how each begins. A tool is added here and nowhere else in this folder. */
import { BoxIdle } from './box/idle'
import { BrushIdle } from './brush/idle'
import type { ToolContext, ToolState } from './context'
import type { ToolName } from './editorState'
import { HandIdle } from './hand/idle'
import { LassoIdle } from './lasso/idle'
import { PointIdle } from './point/idle'
import { PolygonIdle } from './polygon/idle'
import { PolylineIdle } from './polyline/idle'
import { ScissorsIdle } from './scissors/idle'
import { SelectIdle } from './select/idle'
import { SplitIdle } from './split/idle'
import { VertexIdle } from './vertex/idle'

export interface ToolEntry {
  readonly name: ToolName
  /** Chooses the tool; null: it is reached in another way (Enter on a selection, the space bar, the command palette). */
  readonly key: string | null
  /** It changes nothing, so that a reader may use it. */
  readonly harmless?: true
  readonly make: (context: ToolContext) => ToolState
}

export const TOOLS: readonly ToolEntry[] = [
  { name: 'select', key: 'v', harmless: true, make: (context) => new SelectIdle(context) },
  { name: 'vertex', key: null, make: (context) => new VertexIdle(context) },
  { name: 'hand', key: null, harmless: true, make: (context) => new HandIdle(context) },
  { name: 'polygon', key: 'p', make: (context) => new PolygonIdle(context) },
  { name: 'box', key: 'b', make: (context) => new BoxIdle(context) },
  { name: 'polyline', key: 'l', make: (context) => new PolylineIdle(context) },
  { name: 'point', key: '.', make: (context) => new PointIdle(context) },
  { name: 'brush', key: 'd', make: (context) => new BrushIdle(context, false) },
  { name: 'eraser', key: 'e', make: (context) => new BrushIdle(context, true) },
  { name: 'lasso', key: 'f', make: (context) => new LassoIdle(context) },
  { name: 'scissors', key: 's', make: (context) => new ScissorsIdle(context) },
  { name: 'split', key: 'x', make: (context) => new SplitIdle(context) },
  { name: 'border', key: 'n', make: (context) => new PolygonIdle(context, true) },
]

export function toolForKey(key: string): ToolEntry | undefined {
  return TOOLS.find((entry) => entry.key === key)
}

export function isHarmless(name: ToolName): boolean {
  return TOOLS.some((entry) => entry.name === name && entry.harmless === true)
}
