/**
 * Lasso: the outline is being drawn. A drag fills at its release; clicked points fill at Enter, at a double click or at
 * a click on the first point. Where the outline crosses itself all that it goes round is filled.
 */
import { simpleLoops } from '@/core/loops'
import type { ImagePoint } from '@/core/points'

import type { ToolContext, ToolState } from '../context'
import { finishPixels } from '../brush/finish'
import type { StrokeTarget } from '../brush/target'
import type { KeyInput, PointerInput } from '../events'
import { TracedPath } from '../path/tracedPath'

export class LassoDrawing implements ToolState {
  private readonly path: TracedPath
  /** Nothing was clicked yet but the first press: letting go of a drag fills. */
  private firstPress = true

  constructor(
    private readonly context: ToolContext,
    private readonly back: ToolState,
    private readonly target: StrokeTarget,
    start: ImagePoint,
    input: PointerInput,
  ) {
    this.path = new TracedPath(context, [])
    this.path.pressAt(start, input.screen)
  }

  enter(): void {
    this.present()
  }

  pointer(input: PointerInput): ToolState {
    const { path } = this
    if (input.type === 'down' && input.button === 0) {
      path.follow(input)
      if (this.closes() || input.clicks === 2) return this.fill()
      path.pressAt(path.pointer, input.screen)
    } else if (input.type === 'up' && input.button === 0) {
      const freehand = path.release(input)
      if (freehand && (this.firstPress || this.closes())) return this.fill()
      this.firstPress = false
    } else if (input.type === 'move') path.follow(input)
    this.present()
    return this
  }

  key(input: KeyInput): ToolState | null {
    if (input.key === 'Enter') return this.fill()
    const back = input.key === 'Backspace' || input.key === 'Delete'
    if (!back && !(input.key === 'z' && input.mod && !input.shift)) return null
    this.path.takeBack()
    return this.orBack()
  }

  lost(): ToolState {
    this.path.lose()
    return this.orBack()
  }

  cancel(): ToolState {
    this.target.tiles.cancelStep()
    return this.back
  }

  private orBack(): ToolState {
    if (this.path.points.length === 0) return this.cancel()
    this.present()
    return this
  }

  private closes(): boolean {
    return this.path.points.length >= 6 && !this.path.isFreehand && this.path.isAt(this.path.first)
  }

  private fill(): ToolState {
    const { target, context, path } = this
    if (path.points.length < 6) {
      context.hint({ key: 'hint.tooFewPoints', tone: 'warning' })
      return this.firstPress ? this.cancel() : this
    }
    for (const loop of simpleLoops(path.points)) target.tiles.fillPolygon([loop], target.erases ? 0 : 1)
    finishPixels(context, target, target.erases ? 'erase' : 'fill')
    return this.back
  }

  private present(): void {
    const { path, target } = this
    this.context.show({
      cursor: 'crosshair',
      path: {
        points: path.points,
        pointer: path.isFreehand ? null : path.pointer,
        closes: this.closes(),
        invalid: false,
        hole: target.erases,
        classIndex: target.record.classIndex,
        ...(path.isFreehand && { anchors: path.points.slice(0, 2) }),
      },
    })
  }
}
