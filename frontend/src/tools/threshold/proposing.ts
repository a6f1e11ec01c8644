/** The pixels of an area whose level is on one side of a threshold, in one of several groups, or in a range. */
import type { AssistQuestion } from '@/core/assist'
import type { Polygon } from '@/core/document'
import { type DraftMarks, NO_MARKS } from '@/core/draft'
import type { Rect } from '@/core/points'

import { Proposing } from '../assist/proposing'
import type { ToolContext, ToolState } from '../context'
import type { PointerInput } from '../events'
import type { ThresholdIdle } from './idle'

/** Where the threshold looks: all of the region, or what the box or the polygons cover of it. */
export interface ThresholdArea {
  readonly region: Rect
  readonly box?: Rect
  readonly polygons?: readonly Polygon[]
}

export class ThresholdProposing extends Proposing {
  constructor(
    context: ToolContext,
    private readonly idle: ThresholdIdle,
    private readonly area: ThresholdArea,
  ) {
    super(context, idle, 'threshold')
  }

  pointer(input: PointerInput): ToolState {
    if (input.type !== 'down' || input.button !== 0) return this
    return this.idle.boxing(input, this)
  }

  protected override get marks(): DraftMarks {
    return { ...NO_MARKS, box: this.area.box ?? this.area.region }
  }

  protected question(): AssistQuestion {
    const { mode, channel, side, classes, level, low, high } = this.context.state.get().assists.threshold
    const own = {
      otsu: { channel, side },
      multi_otsu: { channel, classes, level: Math.min(level, classes - 1) },
      range: { channel, low, high },
    }
    return { method: mode, ...this.area, parameters: own[mode] }
  }

  protected dropMark(): boolean {
    return false
  }
}
