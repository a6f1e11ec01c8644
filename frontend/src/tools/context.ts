/** What a tool may see and do. A tool never meets the DOM, the network or a canvas. */
import { isEmptyDiff } from '@/core/diff'
import type { AnnotationRecord } from '@/core/document'
import { type Draft, type Hint, NO_DRAFT } from '@/core/draft'
import type { History } from '@/core/history'
import { type ImagePoint, imagePoint } from '@/core/points'
import type { SpatialIndex } from '@/core/spatialIndex'
import type { DocumentStore, Transaction } from '@/core/store'
import type { Viewport } from '@/core/viewport'

import type { AssistService } from './assist/service'
import type { ClickService } from './click/service'
import type { EditorState, Observable, ToolName } from './editorState'
import type { KeyInput, PointerInput } from './events'
import type { ProposalSource } from './prelabels/source'
import type { LiveWireSource } from './services'
import { isTouchable } from './visibility'

export interface ToolContext {
  readonly store: DocumentStore
  readonly history: History
  readonly index: SpatialIndex
  readonly state: Observable<EditorState>
  readonly width: number
  readonly height: number
  readonly newId: () => string
  readonly liveWires: LiveWireSource
  readonly assists: AssistService
  readonly clicks: ClickService
  readonly proposals: ProposalSource
  view(): Viewport
  setView(view: Viewport): void
  /** Shows this (and nothing else) as the tool's work in progress. */
  show(draft: Partial<Draft>): void
  /** Tells the person something that outlives the current draft. */
  hint(hint: Hint | null): void
  switchTo(tool: ToolName): void
}

/** One state of a tool: gets input, answers the state that follows (often itself). */
export interface ToolState {
  /** Called when the state begins: shows what it has to show. */
  enter?(): void
  pointer(input: PointerInput): ToolState
  /** Null: this key means nothing here. */
  key?(input: KeyInput): ToolState | null
  /** Drops the work in hand; the state to be in afterwards. */
  cancel(): ToolState
  /** The pointer was taken away in the middle of a press: drops what that press did. As `cancel` when left out. */
  lost?(): ToolState
  /** The pointer is no longer over the canvas: what follows it is to go. */
  left?(): void
  /** The tool was chosen by the person: the state to begin in, where that is not the idle one. */
  begin?(): ToolState
  /** Undo while this is in hand takes a part of it back; null: undo means the document. `cancel` where it is left out. */
  undoMark?(): ToolState | null
}

/** Distances on screen, CSS pixels. */
export const DRAG_FROM = 4
export const VERTEX_REACH = 9
export const EDGE_REACH = 7
export const HIT_REACH = 5

/** One undoable step. False where it changed nothing, because it was refused (the person has been told) or was idle. */
export function commit(
  context: ToolContext,
  label: string,
  change: (transaction: Transaction) => void,
): boolean {
  context.history.mark(label)
  return !isEmptyDiff(context.store.transact('user', change))
}

/** The class that a new object gets; null where the project has none, which the person is told. */
export function classInHand(context: ToolContext): number | null {
  const { activeClass } = context.state.get()
  if (activeClass === null) context.hint({ key: 'hint.noClass', tone: 'warning' })
  return activeClass
}

export function reach(context: ToolContext, screen: number): number {
  return screen / context.view().scale
}

/** The point as it will be stored: within the image, float32. */
export function settle(context: ToolContext, point: ImagePoint): ImagePoint {
  const x = Math.fround(Math.min(context.width, Math.max(0, point.x)))
  const y = Math.fround(Math.min(context.height, Math.max(0, point.y)))
  return imagePoint(x, y)
}

/** Whether a person can see and touch the object. */
export function touchable(context: ToolContext, record: AnnotationRecord): boolean {
  return isTouchable(context.state.get(), record)
}

export function hitObject(context: ToolContext, point: ImagePoint): AnnotationRecord | null {
  return context.index.hit(point, {
    tolerance: reach(context, HIT_REACH),
    accepts: (record) => touchable(context, record),
  })
}

/** The selected objects that are there and may be changed, in drawing order. */
export function selected(context: ToolContext): AnnotationRecord[] {
  const records: AnnotationRecord[] = []
  for (const id of context.state.get().selection) {
    const record = context.store.get(id)
    if (record && touchable(context, record)) records.push(record)
  }
  return records
}

export function select(context: ToolContext, ids: Iterable<string>): void {
  context.state.set({ selection: new Set(ids), vertices: [] })
}

export { NO_DRAFT }
