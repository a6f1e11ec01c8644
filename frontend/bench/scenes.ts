/** The documents and photographs that the benchmark draws: made by a seeded generator, the same every time. */
import {
  type AnnotationRecord,
  type DocumentState,
  geometryOf,
  newRecord,
  withGeometry,
} from '@/core/document'
import { toMask } from '@/core/editing'
import type { Proposal } from '@/core/prelabels'
import { RunBuilder } from '@/core/rle'
import { type ImageLevel, type ImageLevels } from '@/render/imageLevels'

/** Mulberry32: small, seeded, good enough for shapes. */
export function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** A star-shaped ring of `points` vertices around a centre. */
function blob(random: () => number, x: number, y: number, radius: number, points: number): Float32Array {
  const ring = new Float32Array(2 * points)
  for (let k = 0; k < points; k++) {
    const angle = (2 * Math.PI * k) / points
    const r = radius * (0.75 + 0.25 * random())
    ring[2 * k] = x + r * Math.cos(angle)
    ring[2 * k + 1] = y + r * Math.sin(angle)
  }
  return ring
}

export interface SceneSize {
  readonly width: number
  readonly height: number
  readonly objects: number
  readonly vertices: number
}

/** A model's proposals over the whole image: outlines, or masks of the same places. */
export function proposalScene({ width, height, objects, vertices }: SceneSize, masks: boolean): Proposal[] {
  const { records } = polygonScene({ width, height, objects, vertices })
  return records.map((record, k) => {
    const score = (k % 100) / 100
    const geometry = masks
      ? { kind: 'mask' as const, mask: toMask(record, width, height) }
      : geometryOf(record)
    const made = { id: `proposal-${k}`, source: 'model' as const, score, classIndex: 1 + ((k + 1) % 8) }
    const proposed = { ...withGeometry(record, geometry), ...made }
    return { record: proposed, score, uncertainty: 1 - score }
  })
}

export function polygonScene({ width, height, objects, vertices }: SceneSize): DocumentState {
  const random = generator(7)
  const columns = Math.ceil(Math.sqrt((objects * width) / height))
  const cell = width / columns
  const records: AnnotationRecord[] = []
  for (let k = 0; k < objects; k++) {
    const x = ((k % columns) + 0.5) * cell
    const y = Math.min(height - cell / 2, (Math.floor(k / columns) + 0.5) * cell)
    const ring = blob(random, x, y, cell * 0.55, vertices)
    for (let i = 0; i < ring.length; i++)
      ring[i] = Math.min(i % 2 === 0 ? width : height, Math.max(0, ring[i]!))
    records.push(
      newRecord({ id: `object-${k}`, classIndex: 1 + (k % 8) }, { kind: 'polygon', polygons: [[ring]] }),
    )
  }
  return documentOf(width, height, records)
}

export function documentOf(
  width: number,
  height: number,
  records: readonly AnnotationRecord[],
): DocumentState {
  return {
    id: 'bench',
    imageId: 'bench',
    projectId: 'bench',
    role: 'primary',
    revision: 1,
    head: 1,
    width,
    height,
    records,
  }
}

/** What the driver writes of a real dataset: outlines of objects in one large picture. */
export interface RealScene {
  readonly width: number
  readonly height: number
  readonly image: string
  readonly rings: readonly (readonly number[])[]
}

export function realScene({ width, height, rings }: RealScene): DocumentState {
  const records = rings.map((ring, k) =>
    newRecord(
      { id: `object-${k}`, classIndex: 1 + (k % 8) },
      { kind: 'polygon', polygons: [[Float32Array.from(ring)]] },
    ),
  )
  return documentOf(width, height, records)
}

/** Masks over the whole image, each some waves of its own, as a brush leaves them: about eight runs a column. */
export function fullMasks(count: number, width: number, height: number): DocumentState {
  const random = generator(5)
  const records = Array.from({ length: count }, (_, k) => {
    const runs = new RunBuilder()
    const [period, slope, phase] = [height / (6 + 3 * random()), random() - 0.5, random() * 1000]
    for (let x = 0; x < width; x++) {
      const shift = phase + slope * x + 40 * Math.sin(x / 90)
      for (let y = (shift % period) - period; y < height; y += period) {
        const [top, bottom] = [Math.max(0, Math.round(y)), Math.min(height, Math.round(y + period / 2))]
        if (bottom > top) runs.add(x * height + top, x * height + bottom)
      }
    }
    const counts = runs.finish(width * height)
    return newRecord(
      { id: `mask-${k}`, classIndex: 1 + (k % 8) },
      { kind: 'mask', mask: { x: 0, y: 0, width, height, counts } },
    )
  })
  return documentOf(width, height, records)
}

/** A photograph with detail everywhere, so that drawing it costs what drawing a real one does. */
export function photograph(width: number, height: number): ImageLevels {
  const random = generator(11)
  const levels: ImageLevel[] = []
  for (let w = width, h = height; Math.max(w, h) >= 256; w = Math.round(w / 2), h = Math.round(h / 2)) {
    const canvas = new OffscreenCanvas(w, h)
    const context = canvas.getContext('2d')
    if (!context) throw new Error('no 2D context')
    const stamp = context.createImageData(256, 256)
    for (let i = 0; i < stamp.data.length; i++) stamp.data[i] = i % 4 === 3 ? 255 : random() * 255
    for (let y = 0; y < h; y += 256) for (let x = 0; x < w; x += 256) context.putImageData(stamp, x, y)
    levels.push({ bitmap: canvas.transferToImageBitmap(), scale: w / width })
  }
  return { width, height, levels }
}
