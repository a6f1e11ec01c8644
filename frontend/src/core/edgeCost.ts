/**
 * What it costs intelligent scissors to step on a pixel: low on edges, high on flat ground.
 *
 * 0.43 x (no zero crossing of the Laplacian) + 0.43 x (direction) + 0.14 x (1 - gradient / greatest gradient), as
 * 255ths; within rounding as `annotator/assist/contour.py`'s `cost_map`, which says what each part means.
 *
 * Source: Mortensen and Barrett 1995, Intelligent scissors for image composition, section 3. O(pixels).
 */

export const SIGMA = 1.5
const ZERO_WEIGHT = 0.43
const DIRECTION_WEIGHT = 0.43
const MAGNITUDE_WEIGHT = 0.14
/** Of the strongest gradient: weaker zero crossings are noise of flat ground. */
const LEAST_EDGE = 0.03
/** A gradient below this is none. */
const FLAT = 1e-6

interface Size {
  readonly width: number
  readonly height: number
}

interface Gradient {
  readonly across: Float32Array
  readonly down: Float32Array
  readonly length: Float32Array
  readonly greatest: number
}

/** The cost of each pixel, (height * width) 0..255; all 255 where there is one colour only. `rgba`: row by row. */
export function edgeCost(rgba: Uint8ClampedArray, size: Size, sigma: number = SIGMA): Uint8Array {
  const smooth = blur(lumaOf(rgba, size), size, sigma)
  const gradient = gradientOf(smooth, size)
  const isCrossing = zeroCrossings(laplacianOf(smooth, size), size)
  const total = directionCost(gradient, size)
  const { length, greatest } = gradient
  const cost = new Uint8Array(total.length)
  for (let k = 0; k < cost.length; k++) {
    const zero = isCrossing[k] === 1 && length[k]! > LEAST_EDGE * greatest ? 0 : ZERO_WEIGHT
    const magnitude = greatest > 0 ? 1 - length[k]! / greatest : 1
    const sum = zero + DIRECTION_WEIGHT * total[k]! + MAGNITUDE_WEIGHT * magnitude
    cost[k] = Math.round(255 * Math.min(1, Math.max(0, sum)))
  }
  return cost
}

/** Rec. 601 luma as whole numbers, in the fixed point that OpenCV uses. */
function lumaOf(rgba: Uint8ClampedArray, { width, height }: Size): Float32Array {
  const luma = new Float32Array(width * height)
  for (let k = 0, at = 0; k < luma.length; k++, at += 4)
    luma[k] = (rgba[at]! * 9798 + rgba[at + 1]! * 19235 + rgba[at + 2]! * 3735 + 16384) >> 15
  return luma
}

/** Where an index beyond the border lies inside: mirrored about the border pixel's centre. */
function mirrored(index: number, size: number): number {
  if (size === 1) return 0
  let at = index
  while (at < 0 || at >= size) at = at < 0 ? -at : 2 * size - 2 - at
  return at
}

function blur(values: Float32Array, { width, height }: Size, sigma: number): Float32Array {
  const radius = Math.round(sigma * 8 + 1) >> 1
  const kernel = gaussian(radius, sigma)
  const rows = new Float32Array(values.length)
  const line = new Float64Array(Math.max(width, height) + 2 * radius)
  for (let y = 0; y < height; y++) {
    for (let i = -radius; i < width + radius; i++) line[i + radius] = values[y * width + mirrored(i, width)]!
    for (let x = 0; x < width; x++) {
      let sum = 0
      for (let k = 0; k < kernel.length; k++) sum += kernel[k]! * line[x + k]!
      rows[y * width + x] = sum
    }
  }
  return blurColumns(rows, width, height, kernel)
}

/** Row by row, so that memory is read in its order. */
function blurColumns(rows: Float32Array, width: number, height: number, kernel: Float32Array): Float32Array {
  const radius = kernel.length >> 1
  const result = new Float32Array(rows.length)
  const sums = new Float64Array(width)
  for (let y = 0; y < height; y++) {
    sums.fill(0)
    for (let k = 0; k < kernel.length; k++) {
      const from = mirrored(y + k - radius, height) * width
      const weight = kernel[k]!
      for (let x = 0; x < width; x++) sums[x]! += weight * rows[from + x]!
    }
    result.set(sums, y * width)
  }
  return result
}

function gaussian(radius: number, sigma: number): Float32Array {
  const values = Array.from({ length: 2 * radius + 1 }, (_, k) =>
    Math.exp(-((k - radius) ** 2) / (2 * sigma ** 2)),
  )
  const sum = values.reduce((total, value) => total + value, 0)
  return Float32Array.from(values, (value) => value / sum)
}

/** Sobel's derivatives of 3 x 3 and their length. */
function gradientOf(values: Float32Array, { width, height }: Size): Gradient {
  const across = new Float32Array(values.length)
  const down = new Float32Array(values.length)
  const length = new Float32Array(values.length)
  let greatest = 0
  for (let y = 0; y < height; y++) {
    const [up, mid, low] = [mirrored(y - 1, height) * width, y * width, mirrored(y + 1, height) * width]
    for (let x = 0; x < width; x++) {
      const [l, r] = [mirrored(x - 1, width), mirrored(x + 1, width)]
      const [a, b, c] = [values[up + l]!, values[up + x]!, values[up + r]!]
      const [d, f] = [values[mid + l]!, values[mid + r]!]
      const [g, h, i] = [values[low + l]!, values[low + x]!, values[low + r]!]
      const at = mid + x
      const gx = c - a + 2 * (f - d) + i - g
      const gy = g - a + 2 * (h - b) + i - c
      across[at] = gx
      down[at] = gy
      length[at] = Math.sqrt(gx * gx + gy * gy)
      if (length[at] > greatest) greatest = length[at]!
    }
  }
  return { across, down, length, greatest }
}

function laplacianOf(values: Float32Array, { width, height }: Size): Float32Array {
  const result = new Float32Array(values.length)
  for (let y = 0; y < height; y++) {
    const [up, low] = [mirrored(y - 1, height) * width, mirrored(y + 1, height) * width]
    for (let x = 0; x < width; x++) {
      const [l, r] = [mirrored(x - 1, width), mirrored(x + 1, width)]
      const corners = values[up + l]! + values[up + r]! + values[low + l]! + values[low + r]!
      result[y * width + x] = 2 * corners - 8 * values[y * width + x]!
    }
  }
  return result
}

/** Of two neighbours of opposite signs the one nearer to 0, and a 0 between opposite signs; across and down. */
function zeroCrossings(laplacian: Float32Array, { width, height }: Size): Uint8Array {
  const found = new Uint8Array(laplacian.length)
  const pair = (at: number, step: number, hasBefore: boolean): void => {
    const [one, other] = [laplacian[at]!, laplacian[at + step]!]
    if (one * other < 0) found[Math.abs(one) <= Math.abs(other) ? at : at + step] = 1
    if (one === 0 && hasBefore && laplacian[at - step]! * other < 0) found[at] = 1
  }
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++, at++) {
      if (x + 1 < width) pair(at, 1, x > 0)
      if (y + 1 < height) pair(at, width, y > 0)
    }
  return found
}

/** The links to half of the neighbours (x, y); the other half are the same lines the other way round. */
const LINKS = [
  [1, 0],
  [1, 1],
  [0, 1],
  [-1, 1],
] as const

/**
 * The mean direction cost of each pixel's two cheapest links, 0..1; 1 on flat ground.
 *
 * For a link L from p to q: (acos(D'(p).L) + acos(L.D'(q))) / pi x 2/3, with D' the direction of the edge and L turned so
 * that the first term is acute. Both terms of all eight links come from one arc cosine for each pixel and line.
 */
function directionCost(gradient: Gradient, { width, height }: Size): Float32Array {
  const n = width * height
  const least = new Float32Array(n).fill(1)
  const second = new Float32Array(n).fill(1)
  const dots = new Float32Array(n)
  const angles = new Float32Array(n)
  const offer = (at: number, cost: number): void => {
    if (cost < least[at]!) {
      second[at] = least[at]!
      least[at] = cost
    } else if (cost < second[at]!) second[at] = cost
  }
  for (const [lx, ly] of LINKS) {
    anglesWith(gradient, lx, ly, dots, angles)
    for (let y = 0, p = 0; y < height; y++)
      for (let x = 0; x < width; x++, p++) {
        offer(p, linkCost(dots, angles, p, neighbour(x + lx, y + ly, width, height)))
        offer(p, linkCost(dots, angles, p, neighbour(x - lx, y - ly, width, height)))
      }
  }
  for (let k = 0; k < n; k++) least[k] = gradient.length[k]! > FLAT ? (least[k]! + second[k]!) / 2 : 1
  return least
}

/** The index of a pixel; -1 outside. */
function neighbour(x: number, y: number, width: number, height: number): number {
  return x < 0 || y < 0 || x >= width || y >= height ? -1 : y * width + x
}

/** The cosine between each pixel's edge and a line, and the acute angle between them. */
function anglesWith(
  { across, down, length }: Gradient,
  lx: number,
  ly: number,
  dots: Float32Array,
  angles: Float32Array,
): void {
  const norm = Math.hypot(lx, ly)
  for (let k = 0; k < dots.length; k++) {
    const safe = Math.max(length[k]!, FLAT) * norm
    const dot = (down[k]! * lx - across[k]! * ly) / safe
    dots[k] = dot
    angles[k] = Math.acos(Math.min(1, Math.abs(dot)))
  }
}

/** Pixels outside have no edge: a right angle. */
function linkCost(dots: Float32Array, angles: Float32Array, p: number, q: number): number {
  if (q < 0) return (angles[p]! + Math.PI / 2) * (2 / (3 * Math.PI))
  const isAcute = dots[p]! < 0 ? dots[q]! <= 0 : dots[q]! >= 0
  return (angles[p]! + (isAcute ? angles[q]! : Math.PI - angles[q]!)) * (2 / (3 * Math.PI))
}
