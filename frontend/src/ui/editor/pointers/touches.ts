/**
 * Fingers: one uses the tool or moves the image, two move and zoom, a long press opens the menu. A press is kept back
 * until it is surely one finger's (it moved, or was let go), so that a pinch never leaves a dab or a point; what it
 * traced meanwhile is not lost. Owns no DOM: follow.ts feeds it.
 */
import { distance, type ScreenPoint, screenPoint } from '@/core/points'
import type { PointerInput } from '@/tools/events'

/** A finger that moved less than this (CSS pixels) is still. */
const SLOP = 6
/** How long a still finger is a long press, ms. */
const LONG_PRESS_MS = 500

export interface TouchTarget {
  /** Whether one finger uses the tool; else it moves the image. */
  readonly draws: () => boolean
  readonly tool: (input: PointerInput) => void
  /** The tool's press is no longer a press. */
  readonly lost: () => void
  readonly pan: (dx: number, dy: number) => void
  /** Two fingers went from one pair of places to another. */
  readonly pinch: (from: Pair, to: Pair) => void
  readonly menu: (at: ScreenPoint) => void
  readonly after: (ms: number, run: () => void) => () => void
}

export type Pair = readonly [ScreenPoint, ScreenPoint]

/** kept: one finger, not told to anybody yet. done: what is still down means nothing more. */
type Mode = 'none' | 'kept' | 'tool' | 'pan' | 'pinch' | 'done'

export class Touches {
  private readonly fingers = new Map<number, ScreenPoint>()
  private mode: Mode = 'none'
  private press: PointerInput | null = null
  private trail: PointerInput['trail'] = []
  private stopTimer: () => void = () => undefined

  constructor(private readonly target: TouchTarget) {}

  down(id: number, input: PointerInput): void {
    this.fingers.set(id, input.screen)
    this.stopTimer()
    if (this.fingers.size > 1) {
      if (this.mode === 'tool') this.target.lost()
      if (this.mode !== 'done') this.mode = 'pinch'
      return
    }
    this.press = input
    this.trail = []
    this.mode = 'kept'
    this.stopTimer = this.target.after(LONG_PRESS_MS, () => this.longPress())
  }

  move(id: number, input: PointerInput): void {
    const before = this.fingers.get(id)
    if (!before || !this.press) return
    const pair = this.pair()
    this.fingers.set(id, input.screen)
    if (this.mode === 'pinch') {
      const now = this.pair()
      if (pair && now) this.target.pinch(pair, now)
    } else if (this.mode === 'tool') this.target.tool(input)
    else if (this.mode === 'pan') this.target.pan(input.screen.x - before.x, input.screen.y - before.y)
    else if (this.mode === 'kept') this.leaveSlop(input)
  }

  up(id: number, input: PointerInput): void {
    if (!this.fingers.delete(id)) return
    this.stopTimer()
    if (this.mode === 'kept' && this.press && this.target.draws()) {
      this.target.tool(this.press)
      this.target.tool(input)
    } else if (this.mode === 'tool') this.target.tool(input)
    this.mode = this.fingers.size === 0 ? 'none' : 'done'
  }

  /** The browser took the finger away, or a pen came down: whatever they did is not meant. */
  abandon(id?: number): void {
    this.stopTimer()
    if (this.mode === 'tool') this.target.lost()
    if (id === undefined) this.fingers.clear()
    else this.fingers.delete(id)
    this.mode = this.fingers.size === 0 ? 'none' : 'done'
  }

  private leaveSlop(input: PointerInput): void {
    const { press } = this
    this.trail = [...this.trail, ...input.trail]
    if (!press || distance(press.screen, input.screen) < SLOP) return
    this.stopTimer()
    if (this.target.draws()) {
      this.mode = 'tool'
      this.target.tool(press)
      this.target.tool({ ...input, trail: this.trail })
    } else {
      this.mode = 'pan'
      this.target.pan(input.screen.x - press.screen.x, input.screen.y - press.screen.y)
    }
  }

  private longPress(): void {
    if (this.mode !== 'kept' || !this.press) return
    this.mode = 'done'
    this.target.menu(this.press.screen)
  }

  private pair(): Pair | null {
    const [a, b] = this.fingers.values()
    return a && b ? [screenPoint(a.x, a.y), screenPoint(b.x, b.y)] : null
  }
}
