/** Polygon: waiting for the first point. With Alt, or the hole switch on, the ring will cut the selected object. */
import type { ImagePoint } from '@/core/points'

import { placeNear } from '../border/neighbours'
import { selected, settle, type ToolContext, type ToolState } from '../context'
import type { PointerInput } from '../events'
import { PolygonDrawing } from './drawing'

export class PolygonIdle implements ToolState {
  /** `followsBorders`: this is the border tool, which always does. */
  constructor(
    private readonly context: ToolContext,
    private readonly followsBorders = false,
  ) {}

  enter(): void {
    this.present(null)
  }

  pointer(input: PointerInput): ToolState {
    if (input.type === 'move') this.present(input.image)
    if (input.type !== 'down' || input.button !== 0) return this
    const followsBorders = this.follows()
    const { activeClass, cutsHole } = this.context.state.get()
    const start = settle(this.context, input.image)
    if (input.alt || cutsHole) {
      const target = selected(this.context).find(
        (record) => record.kind !== 'polyline' && record.kind !== 'point',
      )
      if (!target) {
        this.context.hint({ key: 'hint.holeNeedsSelection', tone: 'warning' })
        return this
      }
      return new PolygonDrawing(this.context, this, {
        start,
        classIndex: target.classIndex,
        cuts: target.id,
        followsBorders,
      })
    }
    if (activeClass === null) {
      this.context.hint({ key: 'hint.noClass', tone: 'warning' })
      return this
    }
    return new PolygonDrawing(this.context, this, {
      start,
      classIndex: activeClass,
      cuts: null,
      followsBorders,
    })
  }

  cancel(): ToolState {
    return this
  }

  private follows(): boolean {
    return this.followsBorders || this.context.state.get().followsBorders
  }

  /** Shows where a click would begin when that is on a border. */
  private present(pointer: ImagePoint | null): void {
    const place =
      pointer && this.follows() ? placeNear(this.context, pointer, { from: null, except: null }) : null
    const classIndex = this.context.state.get().activeClass ?? 0
    const points = place ? [place.x, place.y] : []
    this.context.show({
      cursor: 'crosshair',
      path: place && {
        points,
        pointer: null,
        closes: false,
        invalid: false,
        hole: false,
        open: true,
        classIndex,
      },
    })
  }
}
