/** The tools that there are: their keys, and how each begins. A tool is added here and nowhere else in this folder. */
import type { Picking } from './assist/picking'
import { PickIdle } from './assist/pickIdle'
import { BoxIdle } from './box/idle'
import { BrushIdle } from './brush/idle'
import { ClickIdle } from './click/idle'
import { ClusterPicking } from './clusters/picking'
import type { ToolContext, ToolState } from './context'
import type { ToolName } from './editorState'
import { GROW_PLAN } from './grow/plan'
import { HandIdle } from './hand/idle'
import { LassoIdle } from './lasso/idle'
import { PointIdle } from './point/idle'
import { PolygonIdle } from './polygon/idle'
import { PolylineIdle } from './polyline/idle'
import { RefineIdle } from './refine/idle'
import { ScissorsIdle } from './scissors/idle'
import { SelectIdle } from './select/idle'
import { SmartIdle } from './smart/idle'
import { SuperpixelPicking } from './superpixels/picking'
import { ThresholdIdle } from './threshold/idle'
import { SplitIdle } from './split/idle'
import { VertexIdle } from './vertex/idle'
import { SeedIdle } from './wand/idle'
import { WAND_PLAN } from './wand/plan'
import { WatershedIdle } from './watershed/idle'

export interface ToolEntry {
  readonly name: ToolName
  /** Chooses the tool; null: it is reached in another way (Enter on a selection, the space bar, the command palette). */
  readonly key: string | null
  /** It changes nothing, so that a reader may use it. */
  readonly harmless?: true
  /** It is told of the right button too. */
  readonly rightButton?: true
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
  { name: 'click', key: 'c', rightButton: true, make: (context) => new ClickIdle(context) },
  { name: 'smart', key: 'g', make: (context) => new SmartIdle(context) },
  { name: 'wand', key: 'w', make: (context) => new SeedIdle(context, WAND_PLAN) },
  { name: 'grow', key: null, make: (context) => new SeedIdle(context, GROW_PLAN) },
  { name: 'superpixels', key: 'u', make: (context) => pieces(context, SuperpixelPicking) },
  { name: 'threshold', key: 't', make: (context) => new ThresholdIdle(context) },
  { name: 'clusters', key: 'k', make: (context) => pieces(context, ClusterPicking) },
  { name: 'watershed', key: null, make: (context) => new WatershedIdle(context) },
  { name: 'refine', key: null, make: (context) => new RefineIdle(context) },
  { name: 'split', key: 'x', make: (context) => new SplitIdle(context) },
  { name: 'border', key: 'n', make: (context) => new PolygonIdle(context, true) },
]

type PickingTool = new (context: ToolContext, back: ToolState) => Picking

const pieces = (context: ToolContext, Tool: PickingTool) =>
  new PickIdle(context, (given, back) => new Tool(given, back))

export function toolForKey(key: string): ToolEntry | undefined {
  return TOOLS.find((entry) => entry.key === key)
}

export function takesRightButton(name: ToolName): boolean {
  return TOOLS.some((entry) => entry.name === name && entry.rightButton === true)
}

export function isHarmless(name: ToolName): boolean {
  return TOOLS.some((entry) => entry.name === name && entry.harmless === true)
}
