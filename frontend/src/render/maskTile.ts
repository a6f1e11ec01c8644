/** Masks of one tile, laid under each other from the top down and then put on it by pixels. Owns the buffers. */
import { type Coverage, coverMask, type IndexedMask, type MaskInk } from './maskPaint'
import { MaskStack } from './maskStack'
import { TILE, type TileAddress } from './protocol'
import type { Context2D } from './shapes'

export interface Scratch {
  /** A `TILE` x `TILE` context to put pixels on before they are laid over a tile. */
  readonly context: Context2D
  readonly canvas: CanvasImageSource
}

const SIDE = TILE + 2

export class MaskTile {
  private readonly coverage = new Uint8Array(SIDE ** 2)
  private stack: MaskStack | null = null
  private window: Coverage = { width: SIDE, height: SIDE, left: 0, top: 0, pixels: this.coverage }
  private scale = 1

  /** `scale`: device pixels an image pixel. */
  begin(tile: TileAddress, scale: number): void {
    this.window = {
      width: SIDE,
      height: SIDE,
      left: tile.column * TILE - 1,
      top: tile.row * TILE - 1,
      pixels: this.coverage,
    }
    this.scale = scale
    this.stack ??= new MaskStack(TILE, TILE)
    this.stack.reset()
  }

  /** False when nothing below could be seen any more. */
  get letsThrough(): boolean {
    return this.stack?.letsThrough ?? true
  }

  /** Adds a mask under those that are there, in one ink or in several over each other (the upper first). */
  addUnder(mask: IndexedMask, inks: readonly MaskInk[]): void {
    coverMask(mask, this.window, this.scale)
    for (const ink of inks) this.stack?.addUnder(this.window, ink)
  }

  write(context: Context2D, scratch: Scratch): void {
    const pixels = scratch.context.createImageData(TILE, TILE)
    this.stack?.write(pixels)
    scratch.context.putImageData(pixels, 0, 0)
    context.drawImage(scratch.canvas, 0, 0)
  }
}
