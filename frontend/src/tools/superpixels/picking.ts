/** Superpixels: small pieces that follow the edges. */
import type { AssistMethod } from '@/core/assist'

import { Picking } from '../assist/picking'
import type { ToolContext, ToolState } from '../context'

export class SuperpixelPicking extends Picking {
  constructor(context: ToolContext, back: ToolState) {
    super(context, back, 'superpixels')
  }

  protected get method(): AssistMethod {
    return 'superpixels'
  }

  protected parameters(): Record<string, number | string> {
    return { ...this.context.state.get().assists.superpixels }
  }
}
