/**
 * Which tool is in hand and who gets an event: the tool's state first, then the keys that work everywhere.
 * A middle button or the space bar lends the hand tool for as long as it is held, a pen's other end the eraser.
 */
import type { Draft } from '@/core/draft'
import { screenCentre, fitBetweenBars, fitRect, zoomTo } from '@/core/viewport'
import type { Rect } from '@/core/points'
import { unionRect } from '@/core/points'
import { bboxOf } from '@/core/shapes'

import { isHarmless, toolForKey, TOOLS } from './catalogue'
import { deleteObjects, reclass } from './changes'
import { selected, type ToolContext, type ToolState } from './context'
import type { ToolName } from './editorState'
import type { KeyInput, PointerInput } from './events'

const ZOOM_STEP = 1.25

export class ToolSession {
  private readonly idles: ReadonlyMap<ToolName, ToolState>
  private state: ToolState
  /** The tool that is lent for a while, and the state to return to when it is given back. */
  private lent: { readonly tool: ToolName; readonly state: ToolState } | null = null

  /** What the tool in hand shows, also while the hand is lent. */
  private shown: Partial<Draft> = {}

  constructor(private readonly context: ToolContext) {
    const hand = { ...context, show: (draft: Partial<Draft>) => this.showHand(draft) }
    const other = { ...context, show: (draft: Partial<Draft>) => this.show(draft) }
    this.idles = new Map(TOOLS.map((entry) => [entry.name, entry.make(entry.name === 'hand' ? hand : other)]))
    this.state = this.idleOf(context.state.get().tool)
    this.state.enter?.()
  }

  /** True while something is being drawn or dragged (a remote change must not disturb it, a page must not close). */
  get working(): boolean {
    return (
      this.state !== this.idle() ||
      (this.lent !== null && this.lent.state !== this.idleOf(this.context.state.get().tool))
    )
  }

  pointer(input: PointerInput): void {
    if (input.type === 'down' && input.button === 1) this.lend('hand')
    this.follow((state) => state.pointer(input))
    if (input.type === 'up' && input.button === 1) this.giveBack()
  }

  /** The browser took the pointer away (a pinch began, the window lost it). */
  pointerLost(): void {
    if (this.state !== this.idle()) this.go(this.state.lost?.() ?? this.state.cancel())
    if (this.lent) this.giveBack()
  }

  /** The pointer is no longer over the canvas. */
  pointerLeft(): void {
    this.state.left?.()
  }

  /** A pen was turned round: it erases until `giveBack`, whatever the tool. */
  lendEraser(): void {
    if (!this.context.state.get().readOnly) this.lend('eraser')
  }

  /** True when the key meant something. */
  key(input: KeyInput): boolean {
    if (input.key === ' ') {
      this.lend('hand')
      return true
    }
    if (input.key === 'Escape') return this.escape()
    return this.follow((state) => state.key?.(input) ?? null) || this.command(input)
  }

  keyReleased(key: string): void {
    if (key === ' ') this.giveBack()
  }

  use(tool: ToolName): void {
    const { readOnly } = this.context.state.get()
    if (readOnly && !isHarmless(tool)) {
      this.context.hint({ key: 'hint.readOnly', tone: 'warning' })
      return
    }
    this.drop()
    this.context.state.set({ tool, vertices: [], hover: null })
    this.context.hint(null)
    const idle = this.idleOf(tool)
    this.go(idle.begin?.() ?? idle, true)
  }

  /** Lets go of what is in hand: the tool changes, or the editor closes. */
  drop(): void {
    if (this.lent && this.state !== this.idle()) this.state.cancel()
    let state = this.lent?.state ?? this.state
    this.lent = null
    for (const idle = this.idle(); state !== idle;) {
      const next = state.cancel()
      if (next === state) break
      state = next
    }
  }

  /** A setting of the tool in hand was changed. */
  adjusted(): void {
    this.state.enter?.()
  }

  undo(): void {
    if (this.abandon()) return
    const result = this.context.history.undo()
    if (result?.skipped.length) this.context.hint({ key: 'hint.undoSkipped', tone: 'warning' })
    this.tidy()
  }

  redo(): void {
    if (!this.state.undoMark && this.abandon()) return
    this.context.history.redo()
    this.tidy()
  }

  /** Something outside changed the document or the selection: the state shows itself anew. */
  refresh(): void {
    this.tidy()
  }

  zoomBy(factor: number): void {
    const view = this.context.view()
    this.context.setView(zoomTo(view, view.scale * factor, screenCentre(view)))
  }

  zoomActual(): void {
    this.context.setView(zoomTo(this.context.view(), 1))
  }

  zoomFit(): void {
    this.context.setView(fitBetweenBars(this.context.view()))
  }

  zoomToSelection(): void {
    const box = selected(this.context).reduce<Rect | null>(
      (sum, record) => unionRect(sum, bboxOf(record)),
      null,
    )
    if (!box) return this.zoomFit()
    const margin = Math.min(160, this.context.view().width / 5)
    this.context.setView(fitRect(this.context.view(), box, margin))
  }

  /** A class key or a click on a class: re-classes what is selected where selecting is the tool, else chooses. */
  chooseClass(index: number): void {
    const { tool, selection } = this.context.state.get()
    this.context.state.set({ activeClass: index })
    if ((tool === 'select' || tool === 'vertex') && selection.size > 0)
      reclass(
        this.context,
        selected(this.context).map((record) => record.id),
        index,
      )
    this.state.enter?.()
  }

  private command(input: KeyInput): boolean {
    if (input.mod) return this.modCommand(input)
    if (input.alt) return false
    if (input.shift && this.shiftCommand(input.key)) return true
    if (input.key === '+' || input.key === '=') return this.done(() => this.zoomBy(ZOOM_STEP))
    if (input.key === '-' || input.key === '_') return this.done(() => this.zoomBy(1 / ZOOM_STEP))
    if (input.key === 'Delete' && this.state === this.idle()) return this.deleteSelected()
    if (input.key === 'Home') return this.done(() => this.zoomFit())
    const tool = input.shift ? undefined : toolForKey(input.key)
    if (tool) return this.done(() => this.use(tool.name))
    const chosen = this.context.state
      .get()
      .classes.find((item) => item.hotkey !== '' && item.hotkey === input.key)
    if (chosen) return this.done(() => this.chooseClass(chosen.index))
    return false
  }

  /** Whatever the tool: what is outlined as selected is what the key means; but among vertices it means those. */
  private deleteSelected(): boolean {
    const { context } = this
    if (context.state.get().tool === 'vertex') return false
    const gone = deleteObjects(
      context,
      selected(context).map((record) => record.id),
    )
    if (gone) this.tidy()
    return gone
  }

  private modCommand({ key, shift }: KeyInput): boolean {
    if (key === 'z') return this.done(() => (shift ? this.redo() : this.undo()))
    if (key === 'y') return this.done(() => this.redo())
    return false
  }

  private shiftCommand(key: string): boolean {
    if (key === '0' || key === ')') return this.done(() => this.zoomActual())
    if (key === '1' || key === '!') return this.done(() => this.zoomFit())
    if (key === '2' || key === '@') return this.done(() => this.zoomToSelection())
    return false
  }

  private done(action: () => void): true {
    action()
    return true
  }

  private escape(): boolean {
    if (this.state !== this.idle()) {
      this.go(this.state.cancel())
      return true
    }
    const { selection, tool } = this.context.state.get()
    this.context.hint(null)
    this.follow((state) => state.cancel())
    if (selection.size > 0 && tool !== 'vertex') this.context.state.set({ selection: new Set() })
    this.idle().enter?.()
    return true
  }

  /** Undo in the middle of a drag or a stroke drops just that. */
  private abandon(): boolean {
    if (this.state === this.idle()) return false
    const next = this.state.undoMark ? this.state.undoMark() : this.state.cancel()
    if (next) this.go(next)
    return next !== null
  }

  /** Forgets selected objects that are gone. */
  private tidy(): void {
    const { selection, vertices } = this.context.state.get()
    const left = [...selection].filter((id) => this.context.store.has(id))
    if (left.length !== selection.size) this.context.state.set({ selection: new Set(left), vertices: [] })
    else if (vertices.length > 0) this.context.state.set({ vertices: [] })
    if (this.context.state.get().tool === 'vertex' && left.length === 0) return this.use('select')
    if (this.state === this.idle()) this.state.enter?.()
  }

  private idle(): ToolState {
    return this.idleOf(this.lent?.tool ?? this.context.state.get().tool)
  }

  private idleOf(tool: ToolName): ToolState {
    const state = this.idles.get(tool)
    if (!state) throw new Error(`there is no tool ${tool}`)
    return state
  }

  private show(draft: Partial<Draft>): void {
    this.shown = draft
    this.context.show(this.lent?.tool === 'hand' ? { ...draft, cursor: 'grab' } : draft)
  }

  /** What is in hand stays on screen while the picture is moved under it. */
  private showHand(draft: Partial<Draft>): void {
    const kept = this.lent?.tool === 'hand' ? { ...this.shown, ring: null, hint: null } : {}
    this.context.show({ ...kept, ...draft })
  }

  private lend(tool: ToolName): void {
    if (this.lent !== null) return
    this.lent = { tool, state: this.state }
    this.go(this.idleOf(tool), true)
  }

  /** Gives the lent tool back: what was being drawn before goes on. */
  giveBack(): void {
    if (this.lent === null) return
    const { state } = this.lent
    this.lent = null
    this.go(state, true)
  }

  /** Goes where the state leads, unless it changed the tool itself. True when it led anywhere. */
  private follow(ask: (state: ToolState) => ToolState | null): boolean {
    const before = this.state
    const next = ask(before)
    if (next && this.state === before) this.go(next)
    return next !== null
  }

  private go(next: ToolState, anew = false): void {
    if (next === this.state && !anew) return
    this.state = next
    next.enter?.()
  }
}
