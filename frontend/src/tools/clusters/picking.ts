/** Clusters: pixels of one kind of colour, wherever they are; or, where asked for, each connected part by itself. */
import type { AssistMethod } from '@/core/assist'
import { connectedLabels, type Labels } from '@/core/labels'

import { Picking } from '../assist/picking'
import type { ToolContext, ToolState } from '../context'

export class ClusterPicking extends Picking {
  constructor(context: ToolContext, back: ToolState) {
    super(context, back, 'clusters')
  }

  protected get method(): AssistMethod {
    return this.context.state.get().assists.clusters.method
  }

  protected parameters(): Record<string, number | string> {
    return { clusters: this.context.state.get().assists.clusters.clusters }
  }

  protected override pieces(labels: Labels): Labels {
    return this.context.state.get().assists.clusters.connected ? connectedLabels(labels) : labels
  }
}
