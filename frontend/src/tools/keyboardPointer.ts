/**
 * A pointer that the keyboard moves: arrows move it over the image, the space bar presses, and every tool gets the same
 * pointer input as from a mouse. Owns where it is and whether it is pressed; draws nothing and listens to nothing.
 */
import { type ImagePoint, imagePoint } from '@/core/points'
import { imageToScreen, pan, screenCentre, screenToImage, type Viewport } from '@/core/viewport'

import { Observable } from './editorState'
import type { KeyInput, PointerInput } from './events'

export interface KeyboardPointerState {
  readonly on: boolean
  /** Always whole numbers: corners of pixels, where outlines belong. */
  readonly at: ImagePoint
  readonly pressed: boolean
}

export interface Surroundings {
  readonly width: number
  readonly height: number
  view(): Viewport
  setView(view: Viewport): void
  send(input: PointerInput): void
}

/** With Shift an arrow goes this many steps. */
const FAR = 10
/** The pointer stays this far from the canvas's border, CSS pixels. */
const MARGIN = 24

const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}

export class KeyboardPointer {
  readonly state = new Observable<KeyboardPointerState>({ on: false, at: imagePoint(0, 0), pressed: false })
  /** Shift and space pressed it: it stays pressed until they are hit again. */
  private held = false

  constructor(private readonly around: Surroundings) {}

  /** Begins where the mouse was, else in the middle of what is on screen. */
  toggle(from: { readonly x: number; readonly y: number } | null): void {
    const { on } = this.state.get()
    if (on) this.up()
    const view = this.around.view()
    const start = from ?? screenToImage(view, screenCentre(view))
    this.state.set({ on: !on, at: this.within(start.x, start.y) })
    if (!on) this.send('move')
  }

  /** The mouse moved: the pointer goes with it, so that arrows go on from there. */
  follow(point: { readonly x: number; readonly y: number }): void {
    if (this.state.get().on && !this.state.get().pressed)
      this.state.set({ at: this.within(point.x, point.y) })
  }

  /** True when the key was the pointer's. */
  key(input: KeyInput, repeated: boolean): boolean {
    if (!this.state.get().on || input.mod || input.alt) return false
    const arrow = ARROWS[input.key]
    if (arrow) return this.move(arrow, input.shift ? FAR : 1)
    if (input.key !== ' ') return false
    if (repeated) return true
    if (input.shift || this.held) this.hold()
    else this.down()
    return true
  }

  /** The space bar was let go. */
  released(): void {
    if (this.state.get().on && !this.held) this.up()
  }

  /** Press and release, as Enter does where the tool has no other use for it. */
  click(): boolean {
    if (!this.state.get().on || this.state.get().pressed) return false
    this.down()
    this.up()
    return true
  }

  private move([dx, dy]: readonly [number, number], times: number): true {
    // One pixel of the image, or of the screen where many of the image share one.
    const step = Math.max(1, Math.round(1 / this.around.view().scale)) * times
    const { at } = this.state.get()
    this.state.set({ at: this.within(at.x + dx * step, at.y + dy * step) })
    this.reveal()
    this.send('move')
    return true
  }

  private hold(): void {
    this.held = !this.held
    if (this.held) this.down()
    else this.up()
  }

  private down(): void {
    if (this.state.get().pressed) return
    this.state.set({ pressed: true })
    this.send('down')
  }

  private up(): void {
    this.held = false
    if (!this.state.get().pressed) return
    this.state.set({ pressed: false })
    this.send('up')
  }

  private send(type: PointerInput['type']): void {
    const { at } = this.state.get()
    const screen = imageToScreen(this.around.view(), at)
    const plain = { button: 0, clicks: 1, shift: false, alt: false, mod: false }
    this.around.send({ type, image: at, screen, trail: [at], ...plain })
  }

  private within(x: number, y: number): ImagePoint {
    const clamp = (value: number, end: number) => Math.min(end, Math.max(0, Math.round(value)))
    return imagePoint(clamp(x, this.around.width), clamp(y, this.around.height))
  }

  /** Moves the image so that the pointer is in sight. */
  private reveal(): void {
    const view = this.around.view()
    const { x, y } = imageToScreen(view, this.state.get().at)
    const dx = Math.max(0, MARGIN - x) + Math.min(0, view.width - MARGIN - x)
    const dy = Math.max(0, MARGIN - y) + Math.min(0, view.height - MARGIN - y)
    if (dx !== 0 || dy !== 0) this.around.setView(pan(view, dx, dy))
  }
}
