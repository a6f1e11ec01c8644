/** Hand: a press begins to pan. */
import type { ToolContext, ToolState } from '../context'
import type { PointerInput } from '../events'
import { Panning } from './panning'

export class HandIdle implements ToolState {
  constructor(private readonly context: ToolContext) {}

  enter(): void {
    this.context.show({ cursor: 'grab' })
  }

  pointer(input: PointerInput): ToolState {
    return input.type === 'down' ? new Panning(this.context, this, input) : this
  }

  cancel(): ToolState {
    return this
  }
}
