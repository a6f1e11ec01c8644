/** A tool of pieces, before there are any: choosing the tool asks for those on screen, a click for those around it. */
import type { ToolContext, ToolState } from '../context'
import type { KeyInput, PointerInput } from '../events'
import { mayBegin } from './begin'
import type { Picking } from './picking'

export class PickIdle implements ToolState {
  constructor(
    private readonly context: ToolContext,
    private readonly make: (context: ToolContext, back: ToolState) => Picking,
  ) {}

  enter(): void {
    this.context.show({ cursor: 'crosshair' })
  }

  begin(): ToolState {
    return this.make(this.context, this).over(null) ?? this
  }

  pointer(input: PointerInput): ToolState {
    if (input.type !== 'down' || input.button !== 0 || !mayBegin(this.context, input)) return this
    return this.make(this.context, this).pointer(input)
  }

  key(input: KeyInput): ToolState | null {
    const { readOnly } = this.context.state.get()
    return input.key === 'Enter' && !input.mod && !readOnly ? this.begin() : null
  }

  cancel(): ToolState {
    return this
  }
}
