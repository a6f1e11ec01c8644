/** Brush and eraser: a stroke from press to release: one undoable step, hard pixels. */
import { imagePoint, type ImagePoint, type Rect } from '@/core/points'

import type { ToolContext, ToolState } from '../context'
import type { PointerInput } from '../events'
import { freshParts } from './freshParts'
import { stamp, type StrokeTarget } from './target'

interface Stroke {
  readonly target: StrokeTarget
  /** The first stamp's place, or the end of the last stroke for a straight line. */
  readonly start: { readonly x: number; readonly y: number }
  readonly at: PointerInput
  /** What the finished stroke does to the document. */
  readonly finish: (target: StrokeTarget) => void
  readonly erases: boolean
  readonly onEnd: (end: { readonly x: number; readonly y: number }, pointer: ImagePoint) => void
}

export class BrushStroking implements ToolState {
  private readonly changes: Rect[] = []
  private last: { readonly x: number; readonly y: number }
  private painted = false
  private at: PointerInput

  constructor(
    private readonly context: ToolContext,
    private readonly back: ToolState,
    private readonly stroke: Stroke,
  ) {
    this.last = stroke.start
    this.at = stroke.at
    this.paintTo(stroke.at)
  }

  enter(): void {
    this.present()
  }

  pointer(input: PointerInput): ToolState {
    if (input.type === 'down') return this
    this.at = input
    for (const point of input.trail) this.paintTo({ ...input, image: point })
    if (input.type === 'up') return this.finish()
    this.present()
    return this
  }

  cancel(): ToolState {
    this.stroke.target.tiles.cancelStep()
    return this.back
  }

  private paintTo(input: PointerInput): void {
    const { target } = this.stroke
    const { brushSize, brushShape } = this.context.state.get()
    const to = stamp(this.context, input.image)
    const dirty = target.tiles.stroke(
      this.last,
      to,
      { size: brushSize, shape: brushShape },
      target.erases ? 0 : 1,
    )
    if (dirty)
      this.changes.push(
        ...freshParts(dirty, this.painted ? this.last : null, { size: brushSize, shape: brushShape }),
      )
    this.painted = true
    this.last = to
  }

  private finish(): ToolState {
    const { target, onEnd, finish } = this.stroke
    onEnd(this.last, this.at.image)
    finish(target)
    return this.back
  }

  private present(): void {
    const { target } = this.stroke
    const { brushSize, brushShape } = this.context.state.get()
    const { x, y } = stamp(this.context, this.at.image)
    this.context.show({
      cursor: 'none',
      ring: {
        at: imagePoint(x, y),
        size: brushSize,
        shape: brushShape,
        erases: this.stroke.erases,
        classIndex: target.record.classIndex,
      },
      mask: {
        tiles: target.tiles,
        changes: this.changes,
        classIndex: target.record.classIndex,
        replaces: target.record.id,
      },
    })
  }
}
