/**
 * A line that grows by clicks and by dragging (freehand), in any mixture: what polyline and lasso share. Owns the
 * points; what a finished line becomes, and which points are refused, is the tool's.
 */
import { distance, type ImagePoint, imagePoint, type ScreenPoint } from '@/core/points'

import { DRAG_FROM, settle, type ToolContext } from '../context'
import type { PointerInput } from '../events'

/** Freehand points are at least this far apart on screen. */
const FREEHAND_STEP = 3
/** Within this distance on screen a click means the point that is there. */
export const POINT_REACH = 10

export class TracedPath {
  points: number[]
  pointer: ImagePoint
  private press: ScreenPoint | null = null
  /** How long the line was before the press: what a lost pointer goes back to. */
  private before: number
  /** How long it was with the press: from there on a drag is freehand. */
  private pressed: number
  private dragged = false

  constructor(
    private readonly context: ToolContext,
    points: readonly number[],
  ) {
    this.points = [...points]
    this.before = this.pressed = this.points.length
    this.pointer = this.end
  }

  get end(): ImagePoint {
    return imagePoint(this.points.at(-2) ?? Number.NaN, this.points.at(-1) ?? Number.NaN)
  }

  get first(): ImagePoint {
    return imagePoint(this.points[0] ?? Number.NaN, this.points[1] ?? Number.NaN)
  }

  /** The button is down and the pointer has moved far enough: points follow it. */
  get isFreehand(): boolean {
    return this.dragged
  }

  /** A press puts a point there. */
  pressAt(at: ImagePoint, screen: ScreenPoint): void {
    this.before = this.points.length
    this.press = screen
    this.dragged = false
    this.add(at)
    this.pointer = at
    this.pressed = this.points.length
  }

  /** A move: with the button down, the line follows. */
  follow(input: PointerInput): void {
    this.pointer = settle(this.context, input.image)
    if (!this.press || (!this.dragged && distance(input.screen, this.press) < DRAG_FROM)) return
    this.dragged = true
    for (const point of input.trail) {
      const at = settle(this.context, point)
      if (this.onScreen(at, this.end) >= FREEHAND_STEP) this.add(at)
    }
  }

  /** True when a freehand line ended here; it ends exactly where the pointer was let go. */
  release(input: PointerInput): boolean {
    const freehand = this.dragged
    if (freehand) this.add(settle(this.context, input.image))
    this.press = null
    this.dragged = false
    return freehand
  }

  /** The pointer was taken away (a second finger came down): what it drew is gone, earlier points stay. */
  lose(): void {
    if (!this.press) return
    this.press = null
    this.dragged = false
    this.points = this.points.slice(0, this.before)
    this.before = this.pressed = this.points.length
  }

  /** Takes the last point back; of a freehand line in hand, all of it. */
  takeBack(): void {
    this.points = this.dragged ? this.points.slice(0, this.pressed) : this.points.slice(0, -2)
    this.before = Math.min(this.before, this.points.length)
  }

  isAt(point: ImagePoint, at: ImagePoint = this.pointer): boolean {
    return this.onScreen(point, at) <= POINT_REACH
  }

  private onScreen(a: ImagePoint, b: ImagePoint): number {
    return distance(a, b) * this.context.view().scale
  }

  private add(at: ImagePoint): void {
    const { end } = this
    if (end.x !== at.x || end.y !== at.y) this.points.push(at.x, at.y)
  }
}
