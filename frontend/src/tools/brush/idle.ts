/** Brush and eraser: the ring follows the pointer; a press begins a stroke. */
import { imagePoint, type ImagePoint } from '@/core/points'

import { hitObject, select, selected, type ToolContext, type ToolState } from '../context'
import { MAX_BRUSH } from '../editorState'
import type { KeyInput, PointerInput } from '../events'
import { eraseFromAll } from './eraseAll'
import { finishPixels } from './finish'
import { BrushStroking } from './stroking'
import { beginStroke, beginSweep, stamp, type StrokeTarget } from './target'

export class BrushIdle implements ToolState {
  private at: ImagePoint = imagePoint(Number.NaN, Number.NaN)
  /** Where the last stroke ended: Shift draws a straight line from there. */
  private last: { readonly x: number; readonly y: number } | null = null

  constructor(
    private readonly context: ToolContext,
    private readonly erases: boolean,
  ) {}

  enter(): void {
    this.present()
  }

  pointer(input: PointerInput): ToolState {
    this.at = input.image
    this.present()
    if (input.type !== 'down' || input.button !== 0) return this
    return this.erases && input.mod ? this.sweep(input) : this.stroke(input)
  }

  left(): void {
    this.at = imagePoint(Number.NaN, Number.NaN)
    this.present()
  }

  key(input: KeyInput): ToolState | null {
    if (input.mod || input.alt) return null
    if (input.key === ']' || input.key === '[') return this.resize(input.key === ']' ? 1.15 : 1 / 1.15)
    if (input.key === '}' || input.key === '{') return this.resize(input.key === '}' ? 1.6 : 1 / 1.6)
    return null
  }

  cancel(): ToolState {
    this.last = null
    return this
  }

  private stroke(input: PointerInput): ToolState {
    const { context, erases } = this
    if (erases && selected(context).length === 0) {
      const hit = hitObject(context, input.image)
      if (hit) select(context, [hit.id])
    }
    const target = beginStroke(context, erases)
    if ('refused' in target) {
      context.hint({ key: target.refused, tone: 'warning' })
      return this
    }
    return this.strokeOn(input, target, () => finishPixels(context, target, erases ? 'erase' : 'brush'))
  }

  /** With Ctrl the eraser takes from all objects under it: they change when the stroke ends. */
  private sweep(input: PointerInput): ToolState {
    const { context } = this
    const target = beginSweep(context)
    return this.strokeOn(input, target, () => eraseFromAll(context, target.tiles.toMask()))
  }

  private strokeOn(input: PointerInput, target: StrokeTarget, finish: () => void): ToolState {
    const start = input.shift && this.last ? this.last : stamp(this.context, input.image)
    const onEnd = (end: { readonly x: number; readonly y: number }, pointer: ImagePoint) => {
      this.last = end
      this.at = pointer
    }
    const stroke = { target, start, at: input, onEnd, finish, erases: this.erases }
    return new BrushStroking(this.context, this, stroke)
  }

  private resize(factor: number): ToolState {
    const { brushSize } = this.context.state.get()
    const next =
      factor > 1 ? Math.max(brushSize + 1, brushSize * factor) : Math.min(brushSize - 1, brushSize * factor)
    this.context.state.set({ brushSize: Math.round(Math.min(MAX_BRUSH, Math.max(1, next))) })
    this.present()
    return this
  }

  private present(): void {
    const { brushSize, brushShape, activeClass } = this.context.state.get()
    if (Number.isNaN(this.at.x)) return this.context.show({ cursor: 'none' })
    this.context.show({
      cursor: 'none',
      ring: {
        at: imagePoint(stamp(this.context, this.at).x, stamp(this.context, this.at).y),
        size: brushSize,
        shape: brushShape,
        erases: this.erases,
        classIndex: activeClass ?? 0,
      },
    })
  }
}
