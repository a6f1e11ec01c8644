/**
 * Split: a line is being drawn across objects. Dragging draws a straight cut that is made when the button is let go (with
 * Shift the cut follows the pointer's way); clicking places points, and Enter or a double click cuts.
 *
 * The line may leave the image: a cut that ends at the border has to go all the way there.
 */
import { distance, type ImagePoint, type ScreenPoint } from '@/core/points'

import { DRAG_FROM, selected, type ToolContext, type ToolState } from '../context'
import type { KeyInput, PointerInput } from '../events'
import { splitBy } from '../operations/operations'

/** Points of a cut that follows the pointer are at least this far apart on screen. */
const STEP = 3

export class SplitDrawing implements ToolState {
  private points: number[]
  private pointer_: ImagePoint
  private press: ScreenPoint | null
  private dragged = false

  constructor(
    private readonly context: ToolContext,
    private readonly back: ToolState,
    start: PointerInput,
  ) {
    this.points = [start.image.x, start.image.y]
    this.pointer_ = start.image
    this.press = start.screen
  }

  enter(): void {
    this.present()
  }

  pointer(input: PointerInput): ToolState {
    this.pointer_ = input.image
    if (input.type === 'down' && input.button === 0) return this.pressAt(input)
    if (input.type === 'move' && this.press) this.drag(input)
    if (input.type === 'up' && this.press) {
      this.press = null
      if (this.dragged) {
        this.add(input.image)
        return this.cut()
      }
    }
    this.present()
    return this
  }

  key(input: KeyInput): ToolState | null {
    if (input.key === 'Enter') return this.points.length >= 4 ? this.cut() : this
    const takesBack = input.key === 'Backspace' || input.key === 'Delete'
    if (!takesBack && !(input.key === 'z' && input.mod && !input.shift)) return null
    if (this.points.length <= 2) return this.back
    this.points = this.points.slice(0, -2)
    this.present()
    return this
  }

  cancel(): ToolState {
    return this.back
  }

  private pressAt(input: PointerInput): ToolState {
    if (input.clicks === 2 && this.points.length >= 4) return this.cut()
    this.press = input.screen
    this.add(input.image)
    this.present()
    return this
  }

  private drag(input: PointerInput): void {
    if (!this.dragged && distance(input.screen, this.press!) < DRAG_FROM) return
    this.dragged = true
    if (!input.shift) return
    const scale = this.context.view().scale
    for (const { x, y } of input.trail)
      if (Math.hypot(x - this.points.at(-2)!, y - this.points.at(-1)!) * scale >= STEP) this.points.push(x, y)
  }

  private add({ x, y }: ImagePoint): void {
    if (x !== this.points.at(-2) || y !== this.points.at(-1)) this.points.push(x, y)
  }

  private cut(): ToolState {
    splitBy(this.context, this.points)
    return this.back
  }

  private present(): void {
    const [record] = selected(this.context)
    this.context.show({
      cursor: 'crosshair',
      path: {
        points: this.points,
        pointer: this.pointer_,
        closes: false,
        invalid: false,
        hole: false,
        open: true,
        classIndex: record?.classIndex ?? this.context.state.get().activeClass ?? 0,
      },
    })
  }
}
