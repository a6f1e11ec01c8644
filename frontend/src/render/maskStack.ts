/**
 * Masks that lie over each other in one tile, added from the top down: what is hidden already costs nothing more, so
 * that two hundred masks over a whole image are painted as fast as the few that can be seen.
 *
 * Colours are kept as light that reaches the eye (premultiplied) until `write`, in the columns' order of the coverage.
 */
import type { Coverage, MaskInk } from './maskPaint'

/** Light that no longer makes a difference of one step of 255. */
const DARK = 1 / 512

export class MaskStack {
  /** Share of what lies below that still shows through, a pixel; columns one after the other. */
  private readonly light: Float32Array
  private readonly red: Float32Array
  private readonly green: Float32Array
  private readonly blue: Float32Array
  private open: number

  constructor(
    private readonly width: number,
    private readonly height: number,
  ) {
    const size = width * height
    this.light = new Float32Array(size).fill(1)
    this.red = new Float32Array(size)
    this.green = new Float32Array(size)
    this.blue = new Float32Array(size)
    this.open = size
  }

  reset(): void {
    this.light.fill(1)
    for (const channel of [this.red, this.green, this.blue]) channel.fill(0)
    this.open = this.light.length
  }

  /** False when nothing below could be seen any more. */
  get letsThrough(): boolean {
    return this.open > 0
  }

  /**
   * Adds a mask under those that are there. The window holds its part from the stack's pixel (`x0`, `y0`) on, and is one
   * pixel larger on every side.
   */
  addUnder({ width: columns, height: step, pixels }: Coverage, ink: MaskInk, x0 = 0, y0 = 0): void {
    const { height, light } = this
    const [x1, y1] = [x0 + columns - 2, y0 + step - 2]
    for (let x = x0; x < x1; x++) {
      let at = (x - x0 + 1) * step + 1
      let to = x * height + y0
      for (let y = y0; y < y1; y++, at++, to++) {
        if (pixels[at] === 0 || light[to] === 0) continue
        const around = pixels[at - 1]! + pixels[at + 1]! + pixels[at - step]! + pixels[at + step]!
        if (around === 4 && ink.takes && !ink.takes(x, y)) continue
        const alpha = around === 4 || (ink.edgeTakes && !ink.edgeTakes(x, y)) ? ink.fill : ink.edge
        if (alpha > 0) this.absorb(to, ink.rgb, alpha)
      }
    }
  }

  private absorb(to: number, rgb: MaskInk['rgb'], alpha: number): void {
    const taken = this.light[to]! * alpha
    this.red[to]! += taken * rgb[0]
    this.green[to]! += taken * rgb[1]
    this.blue[to]! += taken * rgb[2]
    const left = this.light[to]! - taken
    this.light[to] = left < DARK ? 0 : left
    if (left < DARK) this.open -= 1
  }

  /** The pixels as RGBA, not premultiplied, row after row. */
  write(out: ImageData): void {
    const { width, height, light, red, green, blue } = this
    for (let y = 0, at = 0; y < height; y++) {
      for (let x = 0; x < width; x++, at += 4) {
        const from = x * height + y
        const alpha = 1 - light[from]!
        if (alpha === 0) {
          out.data[at + 3] = 0
          continue
        }
        out.data[at] = red[from]! / alpha
        out.data[at + 1] = green[from]! / alpha
        out.data[at + 2] = blue[from]! / alpha
        out.data[at + 3] = alpha * 255
      }
    }
  }
}
