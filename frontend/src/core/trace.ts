/**
 * Mask -> polygons: the one contour tracer, bit for bit as `annotator/core/raster.py`'s `trace`, and the exact
 * inverse of the rasteriser.
 *
 * Rings follow pixel edges with the set pixels on the right hand (outer rings clockwise on the screen, holes counter-
 * clockwise), start at their top-most, then left-most vertex, have no collinear vertices and pass no vertex twice.
 * One polygon for each 4-connected component, by its first pixel in row-major order; holes by (y, x) of their start.
 *
 * It works on the rows' runs: a corner of the boundary lies on a grid line wherever exactly one of the two rows that
 * meet there changes its value, or both change in opposite senses (two pixels that touch diagonally).
 */
import type { Bitmap } from './bitmap'
import type { MaskGeometry, Polygon, Ring } from './document'
import { columnsOfMask, transpose } from './runs'

interface Size {
  readonly width: number
  readonly height: number
}

/** The rows' runs of set pixels, with the 4-connected component of each. */
interface Runs {
  /** Run k of row y: begin[y] <= k < begin[y + 1]. */
  readonly begin: Int32Array
  readonly x0: Int32Array
  readonly x1: Int32Array
  readonly component: Int32Array
}

/** The boundary's corners in row-major order; `next` is the corner that follows along the boundary. */
interface Corners {
  readonly x: number[]
  readonly y: number[]
  readonly next: number[]
}

/** The polygons of a bitmap whose top-left pixel lies at (offsetX, offsetY) of the image. */
export function trace(bitmap: Bitmap, offsetX = 0, offsetY = 0): Polygon[] {
  return traceRuns(findRuns(bitmap), bitmap, offsetX, offsetY)
}

/** The polygons of a mask, in image coordinates; works on its runs, however large it is. */
export function traceMask(mask: MaskGeometry): Polygon[] {
  const { first, begin, from, to } = transpose(columnsOfMask(mask))
  const height = begin.length - 1
  const runs = { begin, x0: from.map((x) => x - mask.x), x1: to.map((x) => x - mask.x) }
  return traceRuns(
    { ...runs, component: connect(runs, height) },
    { width: mask.width, height },
    mask.x,
    first,
  )
}

function traceRuns(runs: Runs, size: Size, offsetX: number, offsetY: number): Polygon[] {
  const { x, y, next } = findCorners(runs, size)
  const visited = new Uint8Array(next.length)
  const polygons = new Map<number, Ring[]>()
  for (let start = 0; start < next.length; start++) {
    if (visited[start] === 1) continue
    let length = 0
    for (let at = start; visited[at] === 0; at = next[at]!, length++) visited[at] = 1
    const ring = new Float32Array(2 * length)
    for (let k = 0, at = start; k < length; k++, at = next[at]!) {
      ring[2 * k] = x[at]! + offsetX
      ring[2 * k + 1] = y[at]! + offsetY
    }
    const isOuter = y[next[start]!] === y[start] // an outer ring leaves its top-left vertex eastwards, a hole downwards
    const component = componentAt(runs, x[start]!, isOuter ? y[start]! : y[start]! - 1)
    const rings = polygons.get(component)
    if (rings === undefined) polygons.set(component, [ring])
    else rings.push(ring)
  }
  return [...polygons.values()]
}

function findRuns({ width, height, data }: Bitmap): Runs {
  const begin = new Int32Array(height + 1)
  const x0: number[] = []
  const x1: number[] = []
  let row = 0
  let clear = 0 // the next clear pixel, looked for once however many rows it lies below
  for (let i = data.indexOf(1); i >= 0;) {
    const y = Math.floor(i / width)
    while (row < y) begin[++row] = x0.length
    if (clear <= i) clear = data.indexOf(0, i)
    if (clear < 0) clear = data.length
    const stop = Math.min(clear, (y + 1) * width)
    x0.push(i - y * width)
    x1.push(stop - y * width)
    i = data.indexOf(1, stop)
  }
  while (row < height) begin[++row] = x0.length
  const runs = { begin, x0: Int32Array.from(x0), x1: Int32Array.from(x1) }
  return { ...runs, component: connect(runs, height) }
}

/** Joins runs of neighbouring rows that share a column; gives each run its component's first run. */
function connect({ begin, x0, x1 }: Omit<Runs, 'component'>, height: number): Int32Array {
  const parent = Int32Array.from(x0, (_, k) => k)
  const find = (k: number): number => {
    while (parent[k] !== k) k = parent[k] = parent[parent[k]!]!
    return k
  }
  for (let y = 1; y < height; y++) {
    let above = begin[y - 1]!
    let here = begin[y]!
    while (above < begin[y]! && here < begin[y + 1]!) {
      if (x0[above]! < x1[here]! && x0[here]! < x1[above]!) {
        const [a, b] = [find(above), find(here)]
        parent[Math.max(a, b)] = Math.min(a, b)
      }
      if (x1[above]! < x1[here]!) above++
      else here++
    }
  }
  return parent.map((_, k) => find(k))
}

function componentAt({ begin, x1, component }: Runs, x: number, y: number): number {
  let [low, high] = [begin[y]!, begin[y + 1]! - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if (x1[middle]! > x) high = middle
    else low = middle + 1
  }
  return component[low]!
}

function findCorners(runs: Runs, { width, height }: Size): Corners {
  const corners: Corners = { x: [], y: [], next: [] }
  const sweep = new CornerSweep(runs, corners, width)
  for (let y = 0; y <= height; y++) sweep.line(y, height)
  return corners
}

/** Goes down the grid lines, finds the corners on each and links them along horizontal and vertical edges. */
class CornerSweep {
  readonly #runs: Runs
  readonly #corners: Corners
  /** The corner from which a vertical edge runs down to the current line, by column. */
  readonly #hanging: Int32Array

  constructor(runs: Runs, corners: Corners, width: number) {
    this.#runs = runs
    this.#corners = corners
    this.#hanging = new Int32Array(width + 1)
  }

  /** Merges the value changes of the row above line `y` with those of the row below it. */
  line(y: number, height: number): void {
    const { begin } = this.#runs
    let a = y > 0 ? 2 * begin[y - 1]! : 0
    const aEnd = y > 0 ? 2 * begin[y]! : 0
    let b = y < height ? 2 * begin[y]! : 0
    const bEnd = y < height ? 2 * begin[y + 1]! : 0
    let left = -1 // the corner that the horizontal edge to the left comes from
    while (a < aEnd || b < bEnd) {
      const xa = a < aEnd ? this.#change(a) : Infinity
      const xb = b < bEnd ? this.#change(b) : Infinity
      const fallsAbove = (a & 1) === 1
      const fallsBelow = (b & 1) === 1
      if (xa === xb) {
        if (fallsAbove !== fallsBelow) left = this.#diagonal(xa, y, left, fallsAbove)
        a++
        b++
      } else if (xa < xb) {
        left = this.#single(xa, y, left, fallsBelow, { above: fallsAbove ? 1 : -1, below: 0 })
        a++
      } else {
        left = this.#single(xb, y, left, fallsAbove, { above: 0, below: fallsBelow ? 1 : -1 })
        b++
      }
    }
  }

  /** Column of the k-th value change: run k / 2 begins or ends. */
  #change(k: number): number {
    return (k & 1) === 0 ? this.#runs.x0[k >> 1]! : this.#runs.x1[k >> 1]!
  }

  /**
   * A corner with one horizontal and one vertical edge. `otherIsSet`: the row without a change here is set.
   * `above`, `below`: 0 no vertical edge, 1 it runs down, -1 up.
   */
  #single(
    x: number,
    y: number,
    left: number,
    otherIsSet: boolean,
    { above, below }: { above: number; below: number },
  ): number {
    const corner = this.#add(x, y)
    if (above !== 0) this.#linkAbove(x, corner, above > 0)
    if (below !== 0) this.#hanging[x] = corner
    // The pixel below the left edge: set means the edge runs east.
    if (left >= 0) {
      const setBelowLeft = above !== 0 ? otherIsSet : below > 0
      this.#linkLeft(left, corner, setBelowLeft)
      return -1
    }
    return corner
  }

  /** Two corners where set pixels touch diagonally; `falling`: they lie top-left and bottom-right. */
  #diagonal(x: number, y: number, left: number, falling: boolean): number {
    const one = componentAt(this.#runs, falling ? x - 1 : x, y - 1)
    const other = componentAt(this.#runs, falling ? x : x - 1, y)
    const first = this.#add(x, y)
    const second = this.#add(x, y)
    // The first corner ends the edge to the left, the second begins the one to the right. Turning right at each keeps
    // to one pixel; within one component turning left splits the ring here.
    const turnsUp = falling === (one !== other)
    this.#linkAbove(x, turnsUp ? first : second, falling)
    this.#hanging[x] = turnsUp ? second : first
    this.#linkLeft(left, first, !falling)
    return second
  }

  #add(x: number, y: number): number {
    this.#corners.x.push(x)
    this.#corners.y.push(y)
    return this.#corners.next.push(-1) - 1
  }

  #linkAbove(x: number, corner: number, down: boolean): void {
    const top = this.#hanging[x]!
    if (down) this.#corners.next[top] = corner
    else this.#corners.next[corner] = top
  }

  #linkLeft(left: number, corner: number, east: boolean): void {
    if (east) this.#corners.next[left] = corner
    else this.#corners.next[corner] = left
  }
}
