/**
 * Scissors: anchors are being placed; between them the line follows the edges of the photograph.
 *
 * A click places an anchor on the strongest edge nearby (Ctrl: exactly there; Shift: a straight line, exactly there);
 * letting go of a drag does too. Enter, a double click or a click on the first anchor closes along the edges, Backspace
 * takes the last anchor back. Clicks that come before the wire is there wait for it.
 */
import { distance, imagePoint, type ImagePoint, type ScreenPoint } from '@/core/points'

import { DRAG_FROM, settle, type ToolContext, type ToolState } from '../context'
import type { KeyInput, Modifiers, PointerInput } from '../events'
import { type ProposalUse, useOf as chosenUse } from '../proposal'
import { putOutline } from './outline'
import { snapReach } from './window'
import { AnchoredWire } from './wire'

/** Within this distance on screen a click on the first anchor closes. */
const CLOSE_REACH = 10

interface Step {
  readonly at: ImagePoint
  readonly straight: boolean
  readonly snaps: boolean
}

interface Begin {
  readonly start: ImagePoint
  readonly classIndex: number
  readonly input: PointerInput
}

export class ScissorsDrawing implements ToolState {
  /** The line up to each anchor: the first holds just its point. */
  private parts: number[][]
  /** Clicks that wait for the wire. */
  private steps: Step[] = []
  /** Closing waits for the clicks before it, and for the wire. */
  private closing: { readonly use: ProposalUse; readonly straight: boolean } | null = null
  private pointer_: Step
  private press: ScreenPoint | null
  /** The first anchor is where it was clicked until the wire says where the edge is. */
  private firstIsLoose: boolean
  private readonly wire: AnchoredWire

  constructor(
    private readonly context: ToolContext,
    private readonly back: ToolState,
    private readonly given: Begin,
  ) {
    const { start, input } = given
    this.parts = [[start.x, start.y]]
    this.pointer_ = stepAt(start, input)
    this.press = input.screen
    this.firstIsLoose = this.pointer_.snaps
    this.wire = new AnchoredWire(context, () => this.answered())
    this.wire.begin(start, this.firstIsLoose)
  }

  enter(): void {
    this.present()
  }

  pointer(input: PointerInput): ToolState {
    this.pointer_ = stepAt(settle(this.context, input.image), input)
    if (this.closing) return this
    if (input.type === 'down' && input.button === 0) {
      if (input.clicks === 2 || this.isOnFirst()) return this.close('new', input.shift)
      this.press = input.screen
      this.steps.push(this.pointer_)
    } else if (input.type === 'up' && input.button === 0) {
      const dragged = this.press !== null && distance(this.press, input.screen) >= 2 * DRAG_FROM
      this.press = null
      if (dragged) this.steps.push(this.pointer_)
    }
    this.takeSteps()
    this.wire.reach(this.last, this.pointer_.at)
    this.present()
    return this
  }

  key(input: KeyInput): ToolState | null {
    if (input.key === 'Enter') return this.close(chosenUse(input), false)
    const back = input.key === 'Backspace' || input.key === 'Delete'
    return back || (input.key === 'z' && input.mod && !input.shift) ? this.takeBack() : null
  }

  lost(): ToolState {
    const pressed = this.press !== null
    this.press = null
    return pressed ? this.takeBack() : this
  }

  cancel(): ToolState {
    this.wire.stop()
    return this.back
  }

  private get last(): ImagePoint {
    const part = this.parts.at(-1)!
    return imagePoint(part.at(-2)!, part.at(-1)!)
  }

  private get first(): ImagePoint {
    return imagePoint(this.parts[0]![0]!, this.parts[0]![1]!)
  }

  private isOnFirst(): boolean {
    if (this.parts.length + this.steps.length < 3) return false
    const { scale } = this.context.view()
    return distance(this.first, this.pointer_.at) * scale <= CLOSE_REACH
  }

  private takeBack(): ToolState {
    this.closing = null
    if (this.steps.length > 0) this.steps = this.steps.slice(0, -1)
    else {
      this.parts = this.parts.slice(0, -1)
      if (this.parts.length === 0) return this.cancel()
      this.wire.begin(this.last, false)
    }
    this.present()
    return this
  }

  /** The wire came, or won't: the clicks that waited for it are done, then the closing. */
  private answered(): void {
    const { current } = this.wire
    if (this.firstIsLoose && current) this.parts[0] = [current.anchor.x, current.anchor.y]
    this.firstIsLoose = false
    this.takeSteps()
    if (this.closing) this.finishLater()
    else this.present()
  }

  private takeSteps(): void {
    for (let step = this.steps[0]; step; step = this.steps[0]) {
      const way = this.wayFor(step)
      if (!way) return
      this.steps = this.steps.slice(1)
      if (way.length < 4) continue // the anchor itself again
      this.parts = [...this.parts, way.slice(2)]
      this.wire.begin(this.last, false)
    }
  }

  /** The line from the last anchor: flat, beginning with it. Null: the wire is not there yet. */
  private wayFor({ at, straight, snaps }: Step): number[] | null {
    const { last } = this
    if (this.firstIsLoose) return null
    if (straight || this.wire.isStraight) return line(last, at)
    const wire = this.wire.current
    if (!wire) return null
    if (!wire.covers(at)) {
      this.wire.reach(last, at)
      return null
    }
    const target = snaps ? wire.snap(at, snapReach(this.context)) : at
    const way = wire.wayTo(target)
    if (!snaps) way.push(at.x, at.y)
    return distance(target, last) === 0 ? [last.x, last.y] : way
  }

  private close(use: ProposalUse, straight: boolean): ToolState {
    this.closing = { use, straight }
    this.takeSteps()
    const way = this.closingWay()
    if (!way) {
      this.present()
      return this
    }
    return this.finish(way, use)
  }

  /** From the last anchor to the first. Null: clicks, or the wire, are still to come. */
  private closingWay(): number[] | null {
    if (this.steps.length > 0) return null
    return this.wayFor({ at: this.first, straight: this.closing?.straight ?? false, snaps: false })
  }

  private finishLater(): void {
    const way = this.closingWay()
    if (!way || !this.closing) return this.present()
    if (this.finish(way, this.closing.use) === this.back) this.context.switchTo('scissors')
  }

  private finish(way: readonly number[], use: ProposalUse): ToolState {
    this.closing = null
    const { classIndex } = this.given
    const reason = putOutline(this.context, [...this.parts.flat(), ...way.slice(2)], { classIndex, use })
    if (reason === null) return this.cancel()
    if (reason !== '') this.context.hint({ key: reason, tone: 'warning' })
    this.present()
    return this
  }

  private present(): void {
    const closes = this.isOnFirst()
    const target = closes ? { at: this.first, straight: this.pointer_.straight, snaps: false } : this.pointer_
    const way = this.steps.length > 0 ? null : this.wayFor(target)
    const waiting = this.steps.flatMap(({ at }) => [at.x, at.y])
    this.context.show({
      cursor: this.wire.isBusy ? 'progress' : 'crosshair',
      path: {
        points: [...this.parts.flat(), ...waiting],
        anchors: [...this.parts.flatMap((part) => part.slice(-2)), ...waiting],
        pointer: target.at,
        closes,
        invalid: false,
        hole: false,
        classIndex: this.given.classIndex,
        ...(way && { live: way }),
      },
    })
  }
}

function stepAt(at: ImagePoint, held: Modifiers): Step {
  return { at, straight: held.shift, snaps: !held.shift && !held.mod }
}

function line(from: ImagePoint, to: ImagePoint): number[] {
  return distance(from, to) === 0 ? [from.x, from.y] : [from.x, from.y, to.x, to.y]
}
