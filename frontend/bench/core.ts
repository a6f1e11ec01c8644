/**
 * How long the core's operations take. Run it from the front end's folder:
 *
 *     npx vite build --ssr bench/core.ts --outDir node_modules/.bench &&
 *         node node_modules/.bench/core.js
 *
 * Prints median and 95th percentile of repeated runs, milliseconds.
 */
import { performance } from 'node:perf_hooks'

import type { Bitmap } from '../src/core/bitmap'
import { encode } from '../src/core/rle'
import { maskFromBitmap } from '../src/core/bitmap'
import { isSelfCrossing } from '../src/core/crossings'
import { newRecord, type AnnotationRecord, type Ring } from '../src/core/document'
import { MaskTiles } from '../src/core/maskTiles'
import { imagePoint } from '../src/core/points'
import { rasteriseCrop } from '../src/core/raster'
import { SpatialIndex } from '../src/core/spatialIndex'
import { DocumentStore } from '../src/core/store'
import { trace } from '../src/core/trace'

/** A repeatable source of numbers in 0..1 (Park and Miller, 1988). */
function makeRandom(seed: number): () => number {
  let state = seed
  return () => (state = (state * 48271) % 2147483647) / 2147483647
}

const random = makeRandom(7)

function star(points: number, x: number, y: number, radius: number): Ring {
  return Float32Array.from({ length: 2 * points }, (_, k) => {
    const angle = ((k >> 1) * 2 * Math.PI) / points
    const r = radius * (0.7 + 0.3 * random())
    return k % 2 === 0 ? x + r * Math.cos(angle) : y + r * Math.sin(angle)
  })
}

function polygonRecords(count: number, points: number): AnnotationRecord[] {
  return Array.from({ length: count }, (_, k) =>
    newRecord(
      { id: `${k}`.padStart(6, '0'), classIndex: 1 + (k % 20) },
      { kind: 'polygon', polygons: [[star(points, random() * 4000, random() * 3000, 10 + 30 * random())]] },
    ),
  )
}

/** Smooth random patches with holes, as masks of real objects have them. */
function patches(width: number, height: number): Bitmap {
  const data = new Uint8Array(width * height)
  const waves = Array.from({ length: 12 }, () => [random() * 0.05, random() * 0.05, random() * 7] as const)
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      let sum = 0
      for (const [fx, fy, phase] of waves) sum += Math.sin(fx * x + fy * y + phase)
      data[at] = sum > 0.5 ? 1 : 0
    }
  }
  return { width, height, data }
}

function measure(name: string, runs: number, action: (run: number) => unknown): void {
  const times: number[] = []
  let kept: unknown
  for (let run = 0; run < runs; run++) {
    const start = performance.now()
    kept = action(run)
    times.push(performance.now() - start)
  }
  times.sort((a, b) => a - b)
  const [median, p95] = [0.5, 0.95].map((q) => times[Math.min(runs - 1, Math.floor(q * runs))]!.toFixed(3))
  console.log(
    `${name.padEnd(66)} median ${median!.padStart(9)}  p95 ${p95!.padStart(9)}`,
    kept === undefined ? '' : '',
  )
}

const records = polygonRecords(10_000, 24)
const index = new SpatialIndex(records)
measure('R-tree of 10,000 polygons of 24 vertices, built', 20, () => new SpatialIndex(records))
measure('hit test among 10,000 polygons', 2000, () =>
  index.hit(imagePoint(random() * 4000, random() * 3000), { tolerance: 4 }),
)
measure('cull to a tenth of the image among 10,000', 500, () =>
  index.query({ x0: 1000, y0: 1000, x1: 2265, y1: 1949 }),
)

const heavy = polygonRecords(10_000, 100)
const heavyIndex = new SpatialIndex(heavy)
measure('hit test among 10,000 polygons of 100 vertices', 2000, () =>
  heavyIndex.hit(imagePoint(random() * 4000, random() * 3000), { tolerance: 4 }),
)

const store = new DocumentStore(records)
store.subscribe(({ diff }) => index.apply(diff))
measure('one object changed in a store of 10,000 (with its index)', 2000, (run) =>
  store.transact('user', (transaction) =>
    transaction.put(polygonRecords(1, 24).map((r) => ({ ...r, id: records[run]!.id }))[0]!),
  ),
)
measure('drawing order of 10,000 objects after a change', 20, () => {
  store.transact('user', (transaction) => transaction.update(records[0]!.id, (r) => ({ ...r, z: r.z + 1 })))
  return store.ordered()
})

measure('1,000 polygons of 24 vertices rasterised', 20, () => {
  for (let k = 0; k < 1000; k++) rasteriseCrop(records[k]!, 3000, 4000)
})
const big = star(1000, 2000, 1500, 1400)
measure('one polygon of 1,000 vertices over 4000 x 3000 rasterised', 20, () =>
  rasteriseCrop({ kind: 'polygon', polygons: [[big]] }, 3000, 4000),
)
const long = star(50_000, 2000, 1500, 1400)
measure('self-crossing check of a ring of 1,000 vertices', 20, () => isSelfCrossing(big))
measure('self-crossing check of a ring of 50,000 vertices', 5, () => isSelfCrossing(long))

const smooth = patches(2000, 2000)
const noise: Bitmap = {
  width: 2000,
  height: 2000,
  data: Uint8Array.from({ length: 4_000_000 }, () => (random() < 0.5 ? 1 : 0)),
}
measure(`trace of a 2000 x 2000 mask (${trace(smooth).length} components)`, 10, () => trace(smooth))
measure(`trace of 2000 x 2000 pixels of noise (${trace(noise).length} components)`, 3, () => trace(noise))
const speck: Bitmap = { width: 2000, height: 2000, data: new Uint8Array(4_000_000) }
speck.data[5] = 1
const solid: Bitmap = { width: 2000, height: 2000, data: new Uint8Array(4_000_000).fill(1) }
measure('trace of one pixel on 2000 x 2000', 10, () => trace(speck))
measure('trace of 2000 x 2000 set pixels', 10, () => trace(solid))
measure('run lengths of a 2000 x 2000 mask', 10, () => encode(smooth))
measure('crop and run lengths of a 2000 x 2000 mask', 10, () => maskFromBitmap(smooth))

for (const shape of ['round', 'square'] as const) {
  const tiles = new MaskTiles(8192, 8192)
  let at = { x: 700, y: 700 }
  measure(`${shape} brush of radius 500 on 8192 x 8192, one step of 40 px`, 150, (run) => {
    const to = { x: at.x + 40, y: at.y + (run % 2 === 0 ? 30 : 10) }
    tiles.stroke(at, to, { size: 1000, shape }, 1)
    at = to.x > 7000 ? { x: 700, y: 700 } : to
  })
  measure('  end of that stroke', 1, () => tiles.endStep())
  measure('  to a stored mask', 5, () => tiles.toMask())
  const mask = tiles.toMask()
  measure('  from a stored mask', 5, () => MaskTiles.fromMask(mask, 8192, 8192))
}
