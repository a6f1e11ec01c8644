/**
 * The canvas's pointer and wheel events, as what tools and viewport understand. A mouse and a pen use the tool at once;
 * the pen's other end, or its barrel button, erases; fingers are judged by touches.ts. Pressure is never looked at: an
 * edge is hard, however softly it was drawn.
 */
import { type ScreenPoint, screenPoint } from '@/core/points'
import { pan, screenToImage, zoomAbout } from '@/core/viewport'
import { takesRightButton } from '@/tools/catalogue'
import type { PointerInput } from '@/tools/events'

import type { EditorSession } from '../session'
import { ClickCounter } from './clicks'
import { fingerDraws, penSeen } from './finger'
import { type Pair, Touches } from './touches'
import { onWheel } from './wheel'

/** PointerEvent.buttons: the pen's barrel button, and its eraser end. */
const BARREL = 2
const ERASER = 32

/** Follows the element's pointers; returns the function that ends it. */
export function followPointers(element: HTMLElement, session: EditorSession): () => void {
  const ended = new AbortController()
  const pointers = new Pointers(element, session)
  const on = <K extends keyof HTMLElementEventMap>(type: K, run: (event: HTMLElementEventMap[K]) => void) =>
    element.addEventListener(type, run, { signal: ended.signal, passive: false })
  on('pointerdown', (event) => pointers.down(event))
  on('pointermove', (event) => pointers.move(event))
  on('pointerup', (event) => pointers.up(event))
  on('pointercancel', (event) => pointers.cancelled(event))
  on('pointerleave', () => pointers.left())
  on('contextmenu', (event) => pointers.menuAsked(event))
  on('wheel', (event) => onWheel(event, session, pointers.local(event)))
  return () => ended.abort()
}

class Pointers {
  private readonly clicks = new ClickCounter()
  private readonly touches: Touches
  /** The pen that is down. */
  private pen: number | null = null
  private erases = false

  constructor(
    private readonly element: HTMLElement,
    private readonly session: EditorSession,
  ) {
    this.touches = new Touches({
      draws: fingerDraws,
      tool: (input) => session.tools.pointer(input),
      lost: () => session.tools.pointerLost(),
      pan: (dx, dy) => session.setViewport(pan(session.view.get().viewport, dx, dy)),
      pinch: (from, to) => pinch(session, from, to),
      menu: (at) => this.openMenu(at),
      after: (ms, run) => {
        const timer = setTimeout(run, ms)
        return () => clearTimeout(timer)
      },
    })
  }

  local(event: MouseEvent): ScreenPoint {
    const box = this.element.getBoundingClientRect()
    return screenPoint(event.clientX - box.left, event.clientY - box.top)
  }

  down(event: PointerEvent): void {
    const { pointerType } = event
    this.session.view.set({
      pointerType: pointerType === 'touch' || pointerType === 'pen' ? pointerType : 'mouse',
    })
    if (pointerType === 'mouse' && event.button === 2 && !this.takesRight()) return
    event.preventDefault()
    this.element.focus({ preventScroll: true })
    capture(this.element, event.pointerId)
    if (pointerType === 'touch') {
      // While the pen is down a touch is the palm of the hand that holds it.
      if (this.pen === null) this.touches.down(event.pointerId, this.input('down', event))
      return
    }
    if (pointerType === 'pen') return this.penDown(event)
    this.session.tools.pointer(this.input('down', event))
  }

  move(event: PointerEvent): void {
    const { session } = this
    if (event.pointerType === 'pen') penSeen()
    const point = screenToImage(session.view.get().viewport, this.local(event))
    session.view.set({ pointer: point })
    session.keyboard.follow(point)
    const input = this.input('move', event)
    if (event.pointerType === 'touch') this.touches.move(event.pointerId, input)
    else session.tools.pointer(input)
  }

  up(event: PointerEvent): void {
    const input = this.input('up', event)
    if (event.pointerType === 'touch') return this.touches.up(event.pointerId, input)
    if (event.pointerId !== this.pen) return this.session.tools.pointer(input)
    this.session.tools.pointer({ ...input, button: 0 })
    this.penUp()
  }

  cancelled(event: PointerEvent): void {
    if (event.pointerType === 'touch') return this.touches.abandon(event.pointerId)
    this.session.tools.pointerLost()
    this.penUp()
  }

  left(): void {
    this.session.view.set({ pointer: null })
    this.session.state.set({ hover: null })
    this.session.tools.pointerLeft()
  }

  /** A finger's menu comes from our own long press, and a pen's barrel button erases. */
  menuAsked(event: MouseEvent): void {
    if (!event.isTrusted) return
    event.preventDefault()
    const { pointerType } = event as Partial<PointerEvent>
    if (pointerType === 'touch' || pointerType === 'pen' || this.takesRight()) event.stopPropagation()
  }

  /** The tool in hand has a use of its own for the right button, so that no menu opens. */
  private takesRight(): boolean {
    return takesRightButton(this.session.state.get().tool)
  }

  private penDown(event: PointerEvent): void {
    penSeen()
    this.touches.abandon()
    this.pen = event.pointerId
    this.erases = (event.buttons & (ERASER | BARREL)) !== 0
    if (this.erases) this.session.tools.lendEraser()
    this.session.tools.pointer({ ...this.input('down', event), button: 0 })
  }

  private penUp(): void {
    this.pen = null
    if (this.erases) this.session.tools.giveBack()
    this.erases = false
  }

  private openMenu(at: ScreenPoint): void {
    const box = this.element.getBoundingClientRect()
    const place = { clientX: at.x + box.left, clientY: at.y + box.top }
    const event = new MouseEvent('contextmenu', { ...place, bubbles: true, cancelable: true, button: 2 })
    this.element.dispatchEvent(event)
  }

  private input(type: PointerInput['type'], event: PointerEvent): PointerInput {
    const view = this.session.view.get().viewport
    const screen = this.local(event)
    const image = screenToImage(view, screen)
    const coalesced = type === 'move' ? event.getCoalescedEvents() : []
    const trail = coalesced.map((item) => screenToImage(view, this.local(item)))
    return {
      type,
      screen,
      image,
      trail: trail.length > 0 ? trail : [image],
      button: event.button,
      clicks: type === 'down' ? this.clicks.press(event, screen) : 1,
      shift: event.shiftKey,
      alt: event.altKey,
      mod: event.ctrlKey || event.metaKey,
    }
  }
}

/** Synthetic pointers of assistive tools cannot be captured; they work without it. */
function capture(element: HTMLElement, pointer: number): void {
  try {
    element.setPointerCapture(pointer)
  } catch (error) {
    if (!(error instanceof DOMException)) throw error
  }
}

function pinch(session: EditorSession, [a0, b0]: Pair, [a1, b1]: Pair): void {
  const span = (a: ScreenPoint, b: ScreenPoint) => Math.max(1, Math.hypot(a.x - b.x, a.y - b.y))
  const middle = (a: ScreenPoint, b: ScreenPoint) => screenPoint((a.x + b.x) / 2, (a.y + b.y) / 2)
  const [from, to] = [middle(a0, b0), middle(a1, b1)]
  const moved = pan(session.view.get().viewport, to.x - from.x, to.y - from.y)
  session.setViewport(zoomAbout(moved, to, span(a1, b1) / span(a0, b0)))
}
