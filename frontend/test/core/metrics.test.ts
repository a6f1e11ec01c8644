import { describe, expect, test } from 'vitest'

import { maskFromBitmap } from '@/core/bitmap'
import { InvalidInput } from '@/core/errors'
import {
  boundaryDistance,
  boundaryIou,
  confusion,
  dice,
  iou,
  kappa,
  maskAgreement,
  mean,
  objectAgreement,
  pixelAccuracy,
  type LabelMap,
} from '@/core/metrics'
import { panopticCounts, panopticQuality } from '@/core/panoptic'

import { drawn } from './arbitraries'
import { golden } from './goldenFiles'

type Ratios = (number | null)[]

const file = golden<{
  confusion: {
    class_count: number
    prediction: number[][]
    truth: number[][]
    matrix: number[][]
    iou: Ratios
    dice: Ratios
    mean_iou: number | null
    pixel_accuracy: number | null
    kappa: number | null
  }[]
  panoptic: {
    class_count: number
    prediction: number[][]
    truth: number[][]
    prediction_classes: [number, number][]
    truth_classes: [number, number][]
    crowd: number[]
    iou_sum: number[]
    matched: number[]
    wrong: number[]
    missed: number[]
    pq: Ratios
    sq: Ratios
    rq: Ratios
  }[]
  boundary: {
    prediction: string[]
    truth: string[]
    distance: number | null
    used_distance: number
    iou: number | null
  }[]
  masks: { a: string[]; b: string[]; iou: number; dice: number }[]
  objects: { columns: number; overlaps: number[][]; threshold: number; pairs: number[][]; f1: number }[]
}>('metrics')

function mapOf(rows: number[][]): LabelMap {
  return { width: rows[0]?.length ?? 0, height: rows.length, data: rows.flat() }
}

function expectRatios(found: readonly number[], wanted: Ratios): void {
  expect(found.length).toBe(wanted.length)
  found.forEach((value, k) => {
    const expected = wanted[k] ?? null
    if (expected === null) expect(value).toBeNaN()
    else expect(value).toBeCloseTo(expected, 12)
  })
}

describe('golden vectors', () => {
  test.each(file.confusion)('confusion counts %#', (value) => {
    const counts = confusion(mapOf(value.prediction), mapOf(value.truth), value.class_count)
    expect(counts).toEqual(value.matrix)
    expectRatios(iou(counts), value.iou)
    expectRatios(dice(counts), value.dice)
    expectRatios(
      [mean(iou(counts)), pixelAccuracy(counts), kappa(counts)],
      [value.mean_iou, value.pixel_accuracy, value.kappa],
    )
  })

  test.each(file.panoptic)('panoptic quality %#', (value) => {
    const counts = panopticCounts(
      { map: mapOf(value.prediction), classes: new Map(value.prediction_classes) },
      { map: mapOf(value.truth), classes: new Map(value.truth_classes) },
      value.class_count,
      new Set(value.crowd),
    )
    expectRatios(counts.iouSum, value.iou_sum)
    expect([counts.matched, counts.wrong, counts.missed]).toEqual([value.matched, value.wrong, value.missed])
    const { pq, sq, rq } = panopticQuality(counts)
    expectRatios(pq, value.pq)
    expectRatios(sq, value.sq)
    expectRatios(rq, value.rq)
  })

  test.each(file.boundary)('boundary IoU %#', (value) => {
    const [prediction, truth] = [drawn(...value.prediction), drawn(...value.truth)]
    const distance = value.distance ?? boundaryDistance(truth.height, truth.width)
    expect(distance).toBe(value.used_distance)
    expectRatios([boundaryIou(prediction, truth, distance)], [value.iou])
  })

  test.each(file.masks)('agreement of masks %#', (value) => {
    const found = maskAgreement(maskFromBitmap(drawn(...value.a)), maskFromBitmap(drawn(...value.b)))
    expectRatios([found.iou, found.dice], [value.iou, value.dice])
  })

  test.each(file.objects)('agreement of objects %#', (value) => {
    const found = objectAgreement(value.overlaps, value.columns, value.threshold)
    expect(found.pairs).toEqual(value.pairs)
    expectRatios([found.f1], [value.f1])
  })
})

test('a class index that does not exist is refused', () => {
  expect(() => confusion(mapOf([[3]]), mapOf([[0]]), 3)).toThrow(InvalidInput)
  expect(() => confusion(mapOf([[0, 0]]), mapOf([[0]]), 3)).toThrow(InvalidInput)
})
