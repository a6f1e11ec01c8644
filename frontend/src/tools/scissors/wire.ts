/**
 * Scissors: the wire from the last anchor, which comes later than it is asked for. Owns the questions and drops answers
 * that no longer matter; which anchors there are is the drawing's.
 */
import type { LiveWire } from '@/core/liveWire'
import type { ImagePoint } from '@/core/points'

import type { ToolContext } from '../context'
import { isCoarse, snapReach, WINDOW_SIDE, windowAround } from './window'

export class AnchoredWire {
  private wire: LiveWire | null = null
  private asked = 0
  private busy = false
  private failed = false

  /** `onAnswer`: the wire is there, or there will be none. */
  constructor(
    private readonly context: ToolContext,
    private readonly onAnswer: () => void,
  ) {}

  /** Something is still to come: lines drawn now would be older. */
  get isBusy(): boolean {
    return this.busy
  }

  /** The wire; null while it is not there, or where the photograph can't be read (lines are straight then). */
  get current(): LiveWire | null {
    return this.wire
  }

  get isStraight(): boolean {
    return this.failed
  }

  /** Asks for the wire of an anchor; what there was before is no longer of use. */
  begin(anchor: ImagePoint, snaps: boolean): void {
    this.wire = null
    this.ask(anchor, null, snaps ? snapReach(this.context) : 0)
  }

  /** Asks for a window that also holds the point, or that is as fine as the screen, where the present one is not. */
  reach(anchor: ImagePoint, target: ImagePoint): void {
    if (!this.wire || this.busy) return
    if (!this.wire.covers(target) || isCoarse(this.context, this.wire)) this.ask(anchor, target, 0)
  }

  stop(): void {
    this.asked++
    this.busy = false
  }

  private ask(anchor: ImagePoint, target: ImagePoint | null, snap: number): void {
    const id = ++this.asked
    this.busy = true
    const rect = windowAround(this.context, anchor, target)
    this.context.liveWires.begin({ anchor, snap, rect, maxSide: WINDOW_SIDE }).then(
      (wire) => this.answer(id, wire),
      () => this.answer(id, null),
    )
  }

  private answer(id: number, wire: LiveWire | null): void {
    if (id !== this.asked) return
    this.busy = false
    if (!wire && !this.failed) this.context.hint({ key: 'hint.noPixels', tone: 'warning' })
    this.failed = wire === null
    this.wire = wire
    this.onAnswer()
  }
}
