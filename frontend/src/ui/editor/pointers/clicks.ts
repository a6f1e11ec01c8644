/** Counts presses that follow each other at one place: PointerEvent.detail does not. */
import type { ScreenPoint } from '@/core/points'

const AGAIN_MS = 400
/** How near the second press must be, CSS pixels; a finger is not as exact as a mouse. */
const AGAIN_REACH = { mouse: 6, pen: 10, touch: 24 } as const

type Pressed = Pick<PointerEvent, 'timeStamp' | 'pointerType'>

export class ClickCounter {
  private last = { x: 0, y: 0, time: Number.NEGATIVE_INFINITY, count: 0 }

  /** 1 for a press by itself, 2 for the second of a double click, and so on. */
  press({ timeStamp, pointerType }: Pressed, { x, y }: ScreenPoint): number {
    const { last } = this
    const within =
      pointerType === 'touch' || pointerType === 'pen' ? AGAIN_REACH[pointerType] : AGAIN_REACH.mouse
    const again = timeStamp - last.time < AGAIN_MS && Math.hypot(x - last.x, y - last.y) < within
    this.last = { x, y, time: timeStamp, count: again ? last.count + 1 : 1 }
    return this.last.count
  }
}
