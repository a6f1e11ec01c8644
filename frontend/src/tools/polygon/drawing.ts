/**
 * Polygon: points are being placed, by clicks or by dragging (freehand), in any mixture.
 *
 * A point is refused where the line to it would cross the ring. Enter, a double click or a click on the first point
 * closes; Backspace or undo takes the last point back. Where it follows borders (the border tool, or the switch), points
 * snap to the borders of others, and two in a row on one border take the way along it with them.
 */
import { isSelfCrossing } from '@/core/crossings'
import { ringArea } from '@/core/geometry'
import type { BorderPlace } from '@/core/operations/borders'
import { distance, type ImagePoint, imagePoint, type ScreenPoint } from '@/core/points'
import { imageToScreen } from '@/core/viewport'

import { BorderWalk } from '../border/walk'
import { DRAG_FROM, settle, type ToolContext, type ToolState } from '../context'
import type { KeyInput, PointerInput } from '../events'
import { cutHole, putPolygon } from './finish'
import { lastEdgeCrosses } from './lastEdge'

export interface PolygonPlan {
  readonly start: ImagePoint
  readonly classIndex: number
  /** The object that the ring will be cut out of; null for a new object. */
  readonly cuts: string | null
  readonly followsBorders: boolean
}

/** Within this distance on screen a click on the first point closes the ring. */
const CLOSE_REACH = 10
/** Freehand points are at least this far apart on screen. */
const FREEHAND_STEP = 3

export class PolygonDrawing implements ToolState {
  private points: number[]
  private pointer_: ImagePoint
  private press: ScreenPoint | null
  /** How many points there were at the press: a drag from here on is freehand. */
  private pressedAt = 2
  /** How many there were before it. */
  private before = 0
  private freehand = false
  private readonly walk: BorderWalk | null
  /** The place on a border under the pointer. */
  private place: BorderPlace | null = null
  private alt = false

  constructor(
    private readonly context: ToolContext,
    private readonly back: ToolState,
    private readonly plan: PolygonPlan,
  ) {
    this.walk = plan.followsBorders ? new BorderWalk(context, plan.cuts) : null
    const place = this.walk?.find(plan.start, 0) ?? null
    this.pointer_ = place ? imagePoint(place.x, place.y) : plan.start
    this.points = [this.pointer_.x, this.pointer_.y]
    this.walk?.note(place, 0, 2)
    this.press = imageToScreen(context.view(), plan.start)
  }

  enter(): void {
    this.present()
  }

  pointer(input: PointerInput): ToolState {
    this.place = this.freehand ? null : (this.walk?.find(input.image, this.points.length) ?? null)
    const at = this.place ? imagePoint(this.place.x, this.place.y) : settle(this.context, input.image)
    this.pointer_ = at
    this.alt = input.alt
    if (input.type === 'down' && input.button === 0) return this.pressAt(at, input)
    if (input.type === 'up') return this.release()
    if (input.type === 'move' && this.press) this.drag(input)
    this.present()
    return this
  }

  key(input: KeyInput): ToolState | null {
    if (input.key === 'Enter') return this.close(null)
    if (input.key === 'o' && !input.mod && this.walk) {
      this.walk.turnAround()
      this.present()
      return this
    }
    if (
      input.key === 'Backspace' ||
      input.key === 'Delete' ||
      (input.key === 'z' && input.mod && !input.shift)
    )
      return this.takeBack()
    return null
  }

  /** A second finger: what this press drew goes, the points before it stay. */
  lost(): ToolState {
    if (this.press) this.points = this.points.slice(0, this.before)
    this.walk?.forget(this.points.length)
    this.press = null
    this.freehand = false
    if (this.points.length === 0) return this.back
    this.present()
    return this
  }

  cancel(): ToolState {
    return this.back
  }

  private pressAt(at: ImagePoint, input: PointerInput): ToolState {
    if (this.onFirst()) return this.close(this.wayHome())
    if (input.clicks === 2) return this.close(null)
    this.press = input.screen
    this.freehand = false
    this.before = this.points.length
    if (this.addAll(this.wayHere() ?? [at.x, at.y]))
      this.walk?.note(this.place, this.before, this.points.length)
    this.pressedAt = this.points.length
    this.present()
    return this
  }

  private drag(input: PointerInput): void {
    if (!this.freehand && distance(input.screen, this.press!) < DRAG_FROM) return
    this.freehand = true
    for (const point of input.trail) {
      const at = settle(this.context, point)
      const last = imagePoint(this.points.at(-2)!, this.points.at(-1)!)
      if (distance(at, last) * this.context.view().scale >= FREEHAND_STEP && !this.onFirst()) this.add(at)
    }
  }

  private release(): ToolState {
    this.press = null
    if (this.freehand && this.points.length > 6 && this.onFirst()) return this.close(null)
    this.freehand = false
    this.present()
    return this
  }

  private add(at: ImagePoint): boolean {
    const n = this.points.length
    if (this.points[n - 2] === at.x && this.points[n - 1] === at.y) return false
    if (lastEdgeCrosses([...this.points, at.x, at.y])) {
      this.context.hint({ key: 'hint.selfCrossing', tone: 'warning' })
      return false
    }
    this.points.push(at.x, at.y)
    return true
  }

  /** Adds the points of a way along a border, or none of them. */
  private addAll(way: readonly number[]): boolean {
    const { points } = this
    this.points = [...points]
    for (let i = 0; i < way.length; i += 2) {
      if (this.add(imagePoint(way[i]!, way[i + 1]!)) || way.length === 2) continue
      if (way[i] === this.points.at(-2) && way[i + 1] === this.points.at(-1)) continue
      this.points = points
      return false
    }
    return this.points.length > points.length
  }

  private wayHere(): number[] | null {
    return this.walk?.wayTo(this.place, this.points.length, this.alt) ?? null
  }

  private wayHome(): number[] | null {
    return this.walk?.wayHome(this.points.length, this.alt) ?? null
  }

  private takeBack(): ToolState {
    if (this.points.length <= 2) return this.back
    const end = this.freehand ? Math.max(2, this.pressedAt) : (this.walk?.before(this.points.length) ?? -2)
    this.points = this.points.slice(0, end)
    this.walk?.forget(this.points.length)
    this.present()
    return this
  }

  private onFirst(): boolean {
    if (this.points.length < 6) return false
    const first = imagePoint(this.points[0]!, this.points[1]!)
    return distance(first, this.pointer_) * this.context.view().scale <= CLOSE_REACH
  }

  /** `way`: the points along a border that lead back to the first one; null: straight. */
  private close(way: readonly number[] | null): ToolState {
    const ring = Float32Array.from([...this.points, ...(way ?? [])])
    if (ring.length < 6 || ringArea(ring) === 0) return this.refuse('hint.tooFewPoints')
    if (isSelfCrossing(ring)) return this.refuse('hint.selfCrossing')
    const refusal =
      this.plan.cuts === null
        ? putPolygon(this.context, ring, this.plan.classIndex)
        : cutHole(this.context, ring, this.plan.cuts)
    return refusal === null ? this.back : this.refuse(refusal)
  }

  private refuse(key: string): ToolState {
    this.context.hint({ key, tone: 'warning' })
    this.present()
    return this
  }

  private present(): void {
    const { points, walk } = this
    const closes = this.onFirst()
    const way = closes ? this.wayHome() : this.wayHere()
    const { x, y } = this.pointer_
    this.context.show({
      cursor: 'crosshair',
      path: {
        points,
        pointer: this.pointer_,
        closes,
        invalid: !closes && !way && lastEdgeCrosses([...points, x, y]),
        hole: this.plan.cuts !== null,
        classIndex: this.plan.classIndex,
        ...(walk && { anchors: walk.anchors(points) }),
        ...(way && { live: [...points.slice(-2), ...way, ...(closes ? points.slice(0, 2) : [])] }),
      },
    })
  }
}
