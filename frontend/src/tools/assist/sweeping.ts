/** The pointer is down and passes over pieces. */
import type { ToolState } from '../context'
import type { PointerInput } from '../events'
import type { Picking, Sweep } from './picking'

export class Sweeping implements ToolState {
  constructor(
    private readonly picking: Picking,
    private sweep: Sweep,
  ) {}

  enter(): void {
    this.picking.enter()
    this.picking.showSweep(this.sweep)
  }

  pointer(input: PointerInput): ToolState {
    if (input.type === 'down') return this
    this.sweep = { ...this.sweep, points: [...this.sweep.points, ...input.trail] }
    if (input.type === 'up') {
      this.picking.endSweep(this.sweep)
      return this.picking
    }
    this.picking.showSweep(this.sweep)
    return this
  }

  cancel(): ToolState {
    this.picking.repick()
    return this.picking
  }
}
