/**
 * The cheapest way from an anchor to every pixel of a window: found once, then looked up for each place of the pointer.
 *
 * Source: Mortensen and Barrett 1995, Intelligent scissors for image composition, section 4; the search is Dijkstra's
 * with buckets (Dial 1969): O(pixels), for a link costs a whole number below MOST.
 */
import { edgeCost } from './edgeCost'
import { type PixelWindow, type WindowFrame, windowPixel, windowPoint } from './pixelWindow'
import type { ImagePoint } from './points'

/** A step across costs 5 times, a diagonal one 7 times (5 x 1.41) the cost of the pixel stepped on, plus one. */
export const STRAIGHT = 5
export const DIAGONAL = 7
/** Links cost less than this: a power of two above 7 x 256. */
const MOST = 2048
/** dx, dy of direction d; d ^ 1 leads back. */
const STEPS = [
  [1, 0],
  [-1, 0],
  [0, 1],
  [0, -1],
  [1, 1],
  [-1, -1],
  [1, -1],
  [-1, 1],
] as const
const SEED = 255

export interface Tree {
  /** The direction of the step that leads to each pixel; SEED at the anchor. */
  readonly step: Uint8Array
  /** What the way to each pixel costs. */
  readonly total: Uint32Array
}

/** Finds the cheapest ways from the pixel `seed` to all others. `cost`: (height * width) 0..255. */
export function shortestWays(cost: Uint8Array, width: number, height: number, seed: number): Tree {
  const n = width * height
  const total = new Uint32Array(n).fill(0xffffffff)
  const step = new Uint8Array(n)
  const buckets = new Buckets(n)
  total[seed] = 0
  step[seed] = SEED
  buckets.put(seed, 0)
  for (let p = buckets.take(); p >= 0; p = buckets.take()) {
    const [x, y, here] = [p % width, Math.floor(p / width), total[p]!]
    for (let d = 0; d < 8; d++) {
      const [dx, dy] = STEPS[d]!
      if (x + dx < 0 || x + dx >= width || y + dy < 0 || y + dy >= height) continue
      const q = p + dy * width + dx
      const sum = here + (d < 4 ? STRAIGHT : DIAGONAL) * (cost[q]! + 1)
      if (sum >= total[q]!) continue
      if (total[q] !== 0xffffffff) buckets.remove(q, total[q]!)
      total[q] = sum
      step[q] = d
      buckets.put(q, sum)
    }
  }
  return { step, total }
}

/** A queue of pixels by their totals, which lie within MOST of each other: doubly linked lists, one for each total. */
class Buckets {
  private readonly heads = new Int32Array(MOST).fill(-1)
  private readonly next: Int32Array
  private readonly previous: Int32Array
  private at = 0
  private held = 0

  constructor(pixels: number) {
    this.next = new Int32Array(pixels)
    this.previous = new Int32Array(pixels)
  }

  put(pixel: number, total: number): void {
    const bucket = total & (MOST - 1)
    const head = this.heads[bucket]!
    this.next[pixel] = head
    this.previous[pixel] = -1
    if (head >= 0) this.previous[head] = pixel
    this.heads[bucket] = pixel
    this.held++
  }

  remove(pixel: number, total: number): void {
    const [before, after] = [this.previous[pixel]!, this.next[pixel]!]
    if (before >= 0) this.next[before] = after
    else this.heads[total & (MOST - 1)] = after
    if (after >= 0) this.previous[after] = before
    this.held--
  }

  /** The pixel of the smallest total, which leaves; -1 when empty. */
  take(): number {
    if (this.held === 0) return -1
    while (this.heads[this.at]! < 0) this.at = (this.at + 1) & (MOST - 1)
    const pixel = this.heads[this.at]!
    const after = this.next[pixel]!
    this.heads[this.at] = after
    if (after >= 0) this.previous[after] = -1
    this.held--
    return pixel
  }
}

/** A window with its costs and the ways from an anchor. */
export class LiveWire {
  constructor(
    readonly frame: WindowFrame,
    private readonly cost: Uint8Array,
    private readonly step: Uint8Array,
    /** Where the ways begin. */
    readonly anchor: ImagePoint,
  ) {}

  /** Window pixels per image pixel. */
  get scale(): number {
    return this.frame.width / (this.frame.rect.x1 - this.frame.rect.x0)
  }

  covers({ x, y }: ImagePoint): boolean {
    const { x0, y0, x1, y1 } = this.frame.rect
    return x >= x0 && y >= y0 && x <= x1 && y <= y1
  }

  /** The way to the pixel at a point: flat image points, the anchor and then pixel centres. */
  wayTo(at: ImagePoint): number[] {
    const { width } = this.frame
    const [column, row] = windowPixel(this.frame, at)
    const pixels: number[] = []
    for (let p = row * width + column; ;) {
      pixels.push(p)
      const d = this.step[p]!
      if (d === SEED) break
      const [dx, dy] = STEPS[d]!
      p -= dy * width + dx
    }
    const way: number[] = [this.anchor.x, this.anchor.y]
    for (let k = pixels.length - 2; k >= 0; k--) {
      const { x, y } = windowPoint(this.frame, pixels[k]! % width, Math.floor(pixels[k]! / width))
      way.push(x, y)
    }
    return way
  }

  /** The strongest edge within `radius` image pixels, nearer ones preferred. */
  snap(at: ImagePoint, radius: number): ImagePoint {
    return snapTo(this.frame, this.cost, at, radius)
  }
}

/** How much a pixel at the radius must be cheaper than one at the point itself. */
const FAR = 40

/** The centre of the window pixel with the least cost around a point; the point itself for a radius of 0. */
export function snapTo(frame: WindowFrame, cost: Uint8Array, at: ImagePoint, radius: number): ImagePoint {
  if (radius <= 0) return at
  const { width, height, rect } = frame
  const [column, row] = windowPixel(frame, at)
  const reach = Math.max(1, Math.min(24, Math.round((radius * width) / (rect.x1 - rect.x0))))
  let [least, bestX, bestY] = [Infinity, column, row]
  for (let y = Math.max(0, row - reach); y <= Math.min(height - 1, row + reach); y++)
    for (let x = Math.max(0, column - reach); x <= Math.min(width - 1, column + reach); x++) {
      const away = ((x - column) ** 2 + (y - row) ** 2) / (reach * reach)
      if (away > 1) continue
      const score = cost[y * width + x]! + FAR * away
      if (score < least) [least, bestX, bestY] = [score, x, y]
    }
  return windowPoint(frame, bestX, bestY)
}

/** Costs and ways of a window in one go, without a worker. `snap`: how far the anchor may move, image pixels. */
export function makeLiveWire(pixels: PixelWindow, anchor: ImagePoint, snap: number): LiveWire {
  return liveWireOn(pixels, edgeCost(pixels.rgba, pixels), anchor, snap)
}

export function liveWireOn(frame: WindowFrame, cost: Uint8Array, anchor: ImagePoint, snap: number): LiveWire {
  const start = snapTo(frame, cost, anchor, snap)
  const [column, row] = windowPixel(frame, start)
  const { step } = shortestWays(cost, frame.width, frame.height, row * frame.width + column)
  return new LiveWire(frame, cost, step, start)
}
