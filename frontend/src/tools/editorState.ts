/** The editor's own state, apart from the document: what is chosen, selected, hidden. Plain data with a subscription. */
import type { AttributeSpec } from '@/core/attributes'
import type { BrushShape } from '@/core/brush'
import type { VertexRef } from '@/core/handles'

import {
  ASSISTS,
  type AssistSettings,
  assistsFrom,
  type Marking,
  type ProposalStatus,
} from './assist/settings'
import { INITIAL_OPERATIONS, type OperationSettings, type OverlapRule } from './operations/settings'
import { CLICK, type ClickSettings, type ClickStatus, NO_CLICKS } from './click/settings'
import type { Solo } from './visibility'

export type ToolName =
  | 'select'
  | 'vertex'
  | 'hand'
  | 'polygon'
  | 'box'
  | 'polyline'
  | 'point'
  | 'brush'
  | 'eraser'
  | 'lasso'
  | 'wand'
  | 'scissors'
  | 'smart'
  | 'threshold'
  | 'superpixels'
  | 'clusters'
  | 'grow'
  | 'watershed'
  | 'refine'
  | 'click'
  | 'split'
  | 'border'

/** What an accepted proposal of an assist becomes. */
export type ProposalKind = 'mask' | 'polygon'

export interface EditorClass {
  readonly index: number
  readonly name: string
  readonly colour: string
  readonly hotkey: string
  /** The schema of its objects' attributes; none when left out. */
  readonly attributes?: readonly AttributeSpec[]
}

export interface EditorState {
  readonly tool: ToolName
  readonly classes: readonly EditorClass[]
  readonly activeClass: number | null
  readonly selection: ReadonlySet<string>
  readonly vertices: readonly VertexRef[]
  readonly hover: string | null
  readonly hidden: ReadonlySet<string>
  readonly hiddenClasses: ReadonlySet<number>
  readonly locked: ReadonlySet<string>
  readonly lockedClasses: ReadonlySet<number>
  /** Only these are shown, whatever is hidden otherwise; null: not in use. */
  readonly solo: Solo | null
  /** Diameter in image pixels. */
  readonly brushSize: number
  readonly brushShape: BrushShape
  /** The next polygon cuts a hole into the selected object (as holding Alt does). */
  readonly cutsHole: boolean
  readonly readOnly: boolean
  readonly proposalKind: ProposalKind
  readonly assists: AssistSettings
  readonly marking: Marking
  /** How the assist in hand stands; null without one. */
  readonly proposal: ProposalStatus | null
  readonly operations: OperationSettings
  readonly overlap: OverlapRule
  /** The project allows no pixel in two objects: `overlap` is never free. */
  readonly exclusive: boolean
  /** New outlines snap to the borders of others. */
  readonly followsBorders: boolean
  readonly click: ClickSettings
  readonly clickStatus: ClickStatus
}

export const INITIAL_STATE: EditorState = {
  tool: 'select',
  classes: [],
  activeClass: null,
  selection: new Set(),
  vertices: [],
  hover: null,
  hidden: new Set(),
  hiddenClasses: new Set(),
  locked: new Set(),
  lockedClasses: new Set(),
  solo: null,
  brushSize: 24,
  brushShape: 'round',
  cutsHole: false,
  readOnly: false,
  proposalKind: 'mask',
  assists: ASSISTS,
  marking: 'new',
  proposal: null,
  operations: INITIAL_OPERATIONS,
  overlap: 'free',
  exclusive: false,
  followsBorders: false,
  click: CLICK,
  clickStatus: NO_CLICKS,
}

/**
 * The fields that are a tool's settings and follow the person to every browser: add the field of your tool's settings.
 * A value is plain JSON; an object is laid over its initial value, so that new fields of it have theirs.
 */
export const TOOL_SETTINGS = [
  'brushSize',
  'brushShape',
  'proposalKind',
  'assists',
  'operations',
  'overlap',
  'click',
  'followsBorders',
] as const satisfies readonly (keyof EditorState)[]

export type ToolSettings = Partial<Pick<EditorState, (typeof TOOL_SETTINGS)[number]>>

export function toolSettings(state: EditorState): ToolSettings {
  return Object.fromEntries(TOOL_SETTINGS.map((field) => [field, state[field]]))
}

/** What was kept, where it is of the kind that the field holds; null resets all. */
export function withToolSettings(kept: Readonly<Record<string, unknown>>): ToolSettings {
  const merged = TOOL_SETTINGS.map((field) => {
    const [usual, value]: readonly unknown[] = [INITIAL_STATE[field], kept[field]]
    if (value === undefined || value === null || typeof value !== typeof usual) return [field, usual]
    if (field === 'assists') return [field, assistsFrom(value)]
    return [field, typeof usual === 'object' ? { ...usual, ...value } : value]
  })
  return Object.fromEntries(merged) as ToolSettings
}

export const MAX_BRUSH = 1000

/** A value that changes by patches and tells who listens. `get` answers the same object until something changes. */
export class Observable<T extends object> {
  private readonly listeners = new Set<() => void>()

  constructor(private value: T) {}

  get = (): T => this.value

  set(patch: Partial<T>): void {
    const keys = Object.keys(patch) as (keyof T)[]
    if (keys.every((key) => this.value[key] === patch[key])) return
    this.value = { ...this.value, ...patch }
    for (const listener of [...this.listeners]) listener()
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }
}
