/** Smart region, before the box: a drag draws it around the object. */
import { mayBegin } from '../assist/begin'
import { Boxing } from '../assist/boxing'
import type { ToolContext, ToolState } from '../context'
import type { PointerInput } from '../events'
import { SmartProposing } from './proposing'

export class SmartIdle implements ToolState {
  constructor(private readonly context: ToolContext) {}

  enter(): void {
    this.context.show({ cursor: 'crosshair' })
  }

  pointer(input: PointerInput): ToolState {
    if (input.type !== 'down' || input.button !== 0) return this
    if (this.context.state.get().readOnly && !mayBegin(this.context, input)) return this
    return new Boxing(this.context, input, {
      back: this,
      done: (box) => {
        if (box) return new SmartProposing(this.context, this, box)
        this.context.hint({ key: 'assists:hint.drawBox', tone: 'info' })
        return this
      },
    })
  }

  cancel(): ToolState {
    return this
  }
}
