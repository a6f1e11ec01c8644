/** Brush and eraser: the ring follows the pointer; a press begins a stroke. */
import { imagePoint, type ImagePoint } from '@/core/points'

import { hitObject, select, selected, type ToolContext, type ToolState } from '../context'
import { MAX_BRUSH } from '../editorState'
import type { KeyInput, PointerInput } from '../events'
import { BrushStroking } from './stroking'
import { beginStroke, stamp } from './target'

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
    if (this.erases && selected(this.context).length === 0) {
      const hit = hitObject(this.context, input.image)
      if (hit) select(this.context, [hit.id])
    }
    const target = beginStroke(this.context, this.erases)
    if ('refused' in target) {
      this.context.hint({ key: target.refused, tone: 'warning' })
      return this
    }
    const here = stamp(this.context, input.image)
    const start = input.shift && this.last ? this.last : here
    const onEnd = (end: { readonly x: number; readonly y: number }, pointer: ImagePoint) => {
      this.last = end
      this.at = pointer
    }
    return new BrushStroking(this.context, this, { target, start, at: input, onEnd })
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
