/** A stroke of marks from press to release, shown over the proposal; the server is asked when it ends. */
import type { DraftStroke } from '@/core/draft'
import { type Rect, unionRect } from '@/core/points'

import { settle, type ToolContext, type ToolState } from '../context'
import type { PointerInput } from '../events'

/** Half the width of a stroke on screen, CSS pixels. */
const SCREEN_RADIUS = 5

export interface Stroked {
  readonly adds: boolean
  /** Shows the stroke so far. */
  show(stroke: DraftStroke): void
  done(stroke: DraftStroke): ToolState
  back: ToolState
}

export class Stroking implements ToolState {
  private readonly points: number[] = []
  private readonly radius: number

  constructor(
    private readonly context: ToolContext,
    from: PointerInput,
    private readonly stroked: Stroked,
  ) {
    this.radius = Math.max(0.5, SCREEN_RADIUS / context.view().scale)
    this.follow(from)
  }

  enter(): void {
    this.stroked.show(this.stroke())
  }

  pointer(input: PointerInput): ToolState {
    if (input.type === 'down') return this
    this.follow(input)
    if (input.type === 'up') return this.stroked.done(this.stroke())
    this.enter()
    return this
  }

  cancel(): ToolState {
    return this.stroked.back
  }

  private follow(input: PointerInput): void {
    for (const point of input.trail) {
      const { x, y } = settle(this.context, point)
      const [lastX, lastY] = this.points.slice(-2)
      // Nearer than half the radius nothing new is marked, and a long stroke stays a short list.
      const far = lastX === undefined || Math.hypot(x - lastX, y - lastY!) >= this.radius / 2
      if (far) this.points.push(x, y)
    }
  }

  private stroke(): DraftStroke {
    return { points: [...this.points], radius: this.radius, adds: this.stroked.adds }
  }
}

/** The bounds of strokes, in image pixels; null without any. */
export function boundsOf(strokes: readonly DraftStroke[]): Rect | null {
  let bounds: Rect | null = null
  for (const { points, radius } of strokes) {
    for (let i = 0; i < points.length; i += 2) {
      const [x, y] = [points[i]!, points[i + 1]!]
      bounds = unionRect(bounds, { x0: x - radius, y0: y - radius, x1: x + radius, y1: y + radius })
    }
  }
  return bounds
}
