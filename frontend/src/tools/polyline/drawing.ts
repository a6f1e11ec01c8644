/**
 * Polyline: points are being placed, by clicks or freehand. Enter or a double click ends the line, Backspace takes the
 * last point back, Shift keeps to horizontal, vertical and diagonal. A line may cross itself.
 */
import { newRecord, type RecordOf, withGeometry } from '@/core/document'
import { imagePoint, type ImagePoint } from '@/core/points'

import { commit, select, settle, type ToolContext, type ToolState } from '../context'
import type { KeyInput, PointerInput } from '../events'
import { TracedPath } from '../path/tracedPath'
import type { LineEnd } from './lineEnd'
import { reversed } from './operations'

interface Plan {
  readonly classIndex: number
  /** The line that grows, and whether it grows at its first point; null for a new line. */
  readonly continues: { readonly record: RecordOf<'polyline'>; readonly atStart: boolean } | null
}

export class PolylineDrawing implements ToolState {
  private readonly kept: number

  private constructor(
    private readonly context: ToolContext,
    private readonly back: ToolState,
    private readonly plan: Plan,
    private readonly path: TracedPath,
  ) {
    this.kept = plan.continues ? path.points.length : 0
  }

  /** Begins a new line with a press. */
  static from(
    context: ToolContext,
    back: ToolState,
    plan: Plan,
    start: ImagePoint,
    input: PointerInput,
  ): PolylineDrawing {
    const path = new TracedPath(context, [])
    path.pressAt(start, input.screen)
    return new PolylineDrawing(context, back, plan, path)
  }

  /** Goes on with a line from the end that was pressed. */
  static goingOn(context: ToolContext, back: ToolState, end: LineEnd, input: PointerInput): PolylineDrawing {
    const { record, atStart } = end
    const points = Array.from(atStart ? reversed(record.points) : record.points)
    const path = new TracedPath(context, points)
    path.pressAt(end.point, input.screen)
    return new PolylineDrawing(context, back, { classIndex: record.classIndex, continues: end }, path)
  }

  enter(): void {
    this.present()
  }

  pointer(input: PointerInput): ToolState {
    const { path } = this
    if (input.type === 'down' && input.button === 0) {
      if (input.clicks === 2) return this.finish()
      path.pressAt(this.place(input), input.screen)
    } else if (input.type === 'up' && input.button === 0) path.release(input)
    else if (input.type === 'move') this.follow(input)
    this.present()
    return this
  }

  key(input: KeyInput): ToolState | null {
    if (input.key === 'Enter') return this.finish()
    const back = input.key === 'Backspace' || input.key === 'Delete'
    if (back || (input.key === 'z' && input.mod && !input.shift)) return this.takeBack()
    return null
  }

  lost(): ToolState {
    this.path.lose()
    if (this.path.points.length === 0) return this.back
    this.present()
    return this
  }

  cancel(): ToolState {
    return this.back
  }

  private follow(input: PointerInput): void {
    this.path.follow(input)
    if (!this.path.isFreehand) this.path.pointer = this.place(input)
  }

  /** Where a click puts its point: with Shift on the nearest of the eight directions from the last one. */
  private place(input: PointerInput): ImagePoint {
    const { end } = this.path
    if (!input.shift || Number.isNaN(end.x)) return settle(this.context, input.image)
    const [dx, dy] = [input.image.x - end.x, input.image.y - end.y]
    const turn = Math.round(Math.atan2(dy, dx) / (Math.PI / 4))
    const [ux, uy] = [Math.round(Math.cos((turn * Math.PI) / 4)), Math.round(Math.sin((turn * Math.PI) / 4))]
    const length = (dx * ux + dy * uy) / (ux * ux + uy * uy)
    return settle(this.context, imagePoint(end.x + length * ux, end.y + length * uy))
  }

  private takeBack(): ToolState {
    this.path.takeBack()
    if (this.path.points.length < Math.max(2, this.kept)) return this.back
    this.present()
    return this
  }

  private finish(): ToolState {
    const { plan, context } = this
    const points = Float32Array.from(this.path.points)
    if (points.length < 4) {
      context.hint({ key: 'hint.lineTooShort', tone: 'warning' })
      return this
    }
    if (plan.continues && points.length === this.kept) return this.back
    const record = this.record(points)
    if (!record) {
      context.hint({ key: 'hint.objectGone', tone: 'warning' })
      return this.back
    }
    if (commit(context, 'polyline', (transaction) => transaction.put(record))) select(context, [record.id])
    return this.back
  }

  private record(points: Float32Array) {
    const { plan, context } = this
    if (!plan.continues)
      return newRecord({ id: context.newId(), classIndex: plan.classIndex }, { kind: 'polyline', points })
    const now = context.store.get(plan.continues.record.id)
    const own = plan.continues.atStart ? reversed(points) : points
    return now && withGeometry(now, { kind: 'polyline', points: own })
  }

  private present(): void {
    const { path, plan } = this
    this.context.show({
      cursor: 'crosshair',
      path: {
        points: path.points,
        pointer: path.isFreehand ? null : path.pointer,
        closes: false,
        invalid: false,
        hole: false,
        classIndex: plan.classIndex,
        open: true,
      },
    })
  }
}
