/**
 * How long intelligent scissors take: the costs and ways of a window (in the worker, once an anchor), and the answer for
 * a place of the pointer (in the page, every frame). Run it from the front end's folder:
 *
 *     npx vite build --ssr bench/liveWire.ts --outDir node_modules/.bench && node node_modules/.bench/liveWire.js
 *
 * Prints JSON: milliseconds, median and 95th percentile. An answer must come within a frame, 16.7 ms.
 */
import { performance } from 'node:perf_hooks'

import { edgeCost } from '../src/core/edgeCost'
import type { LiveWire } from '../src/core/liveWire'
import { liveWireOn, shortestWays } from '../src/core/liveWire'
import type { PixelWindow } from '../src/core/pixelWindow'
import { imagePoint } from '../src/core/points'

/** A repeatable source of numbers in 0..1 (Park and Miller, 1988). */
function makeRandom(seed: number): () => number {
  let state = seed
  return () => (state = (state * 48271) % 2147483647) / 2147483647
}

const random = makeRandom(11)
const FRAME_MS = 16.7

/** Blobs with soft and hard edges under noise: edges of every strength, as photographs have. */
function photograph(side: number): PixelWindow {
  const rgba = new Uint8ClampedArray(side * side * 4)
  const waves = Array.from({ length: 12 }, () => [random() * 0.06, random() * 0.06, random() * 7] as const)
  for (let y = 0, at = 0; y < side; y++)
    for (let x = 0; x < side; x++, at += 4) {
      let sum = 0
      for (const [fx, fy, phase] of waves) sum += Math.sin(fx * x + fy * y + phase)
      const value = (sum > 0.5 ? 160 : 80) + 12 * sum + 10 * random()
      rgba.set([value, value * 0.9, value * 0.8, 255], at)
    }
  return { rect: { x0: 0, y0: 0, x1: side, y1: side }, width: side, height: side, scale: 1, rgba }
}

function timed(runs: number, run: () => unknown): { median: number; p95: number } {
  const times = Array.from({ length: runs }, () => {
    const start = performance.now()
    run()
    return performance.now() - start
  }).sort((a, b) => a - b)
  const at = (share: number) =>
    Number(times[Math.min(times.length - 1, Math.floor(share * times.length))]!.toFixed(3))
  return { median: at(0.5), p95: at(0.95) }
}

function measure(side: number) {
  const pixels = photograph(side)
  const cost = edgeCost(pixels.rgba, pixels)
  const seed = Math.floor(side / 2) * side + Math.floor(side / 2)
  const wire: LiveWire = liveWireOn(pixels, cost, imagePoint(side / 2, side / 2), 8)
  const answer = timed(500, () => wire.wayTo(wire.snap(imagePoint(random() * side, random() * side), 8)))
  const farthest = timed(200, () => wire.wayTo(wire.snap(imagePoint(side - 1, side - 1), 8)))
  return {
    window: side,
    costMap: timed(8, () => edgeCost(pixels.rgba, pixels)),
    ways: timed(8, () => shortestWays(cost, side, side, seed)),
    answer,
    farthestAnswer: farthest,
    withinFrame: answer.p95 <= FRAME_MS && farthest.p95 <= FRAME_MS,
  }
}

measure(128) // the compiler warms up
console.log(
  JSON.stringify(
    { benchmark: 'live wire', frameMs: FRAME_MS, windows: [256, 512, 768, 1024].map(measure) },
    null,
    1,
  ),
)
