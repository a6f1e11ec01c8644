/** Masks of one tile, laid under each other from the top down and then put on it by pixels. Owns the buffers. */
import { coverMask, type IndexedMask, type MaskInk } from './maskPaint'
import { MaskStack } from './maskStack'
import { TILE, type TileAddress } from './protocol'
import type { Context2D } from './shapes'

export interface Scratch {
  /** A `TILE` x `TILE` context to put pixels on before they are laid over a tile. */
  readonly context: Context2D
  readonly canvas: CanvasImageSource
}

export class MaskTile {
  private readonly coverage = new Uint8Array((TILE + 2) ** 2)
  private stack: MaskStack | null = null
  private left = 0
  private top = 0
  private scale = 1

  /** `scale`: device pixels an image pixel. */
  begin(tile: TileAddress, scale: number): void {
    this.left = tile.column * TILE
    this.top = tile.row * TILE
    this.scale = scale
    this.stack ??= new MaskStack(TILE, TILE)
    this.stack.reset()
  }

  /** False when nothing below could be seen any more. */
  get letsThrough(): boolean {
    return this.stack?.letsThrough ?? true
  }

  /**
   * Adds a mask under those that are there, in one ink or in several over each other (the upper first). Costs what its
   * own box in the tile costs, so that thousands of small ones are painted in no time.
   */
  addUnder(indexed: IndexedMask, inks: readonly MaskInk[]): void {
    const { scale, left, top, stack } = this
    const { x, y, width, height } = indexed.mask
    const inTile = (edge: number, from: number) => Math.min(TILE, Math.max(0, edge * scale - from))
    const [x0, y0] = [Math.floor(inTile(x, left)), Math.floor(inTile(y, top))]
    const [x1, y1] = [Math.ceil(inTile(x + width, left)), Math.ceil(inTile(y + height, top))]
    if (!stack || x1 <= x0 || y1 <= y0) return
    const window = {
      width: x1 - x0 + 2,
      height: y1 - y0 + 2,
      left: left + x0 - 1,
      top: top + y0 - 1,
      pixels: this.coverage,
    }
    coverMask(indexed, window, scale)
    for (const ink of inks) stack.addUnder(window, ink, x0, y0)
  }

  write(context: Context2D, scratch: Scratch): void {
    const pixels = scratch.context.createImageData(TILE, TILE)
    this.stack?.write(pixels)
    scratch.context.putImageData(pixels, 0, 0)
    context.drawImage(scratch.canvas, 0, 0)
  }
}
