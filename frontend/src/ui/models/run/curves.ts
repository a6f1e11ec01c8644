/** The series that a training's points draw. Owns no drawing. */
import type { ClassFigures, EvaluatePoint, Metrics, ModelDetail, TrainPoint } from '@/sync/learningApi'

import { smoothed, type Dot } from '../charts/scale'

const SMOOTH = 0.9 // weight of the past in the mean of the loss; about the last ten points

function dots<Point extends { readonly step: number }>(
  points: readonly Point[],
  value: (point: Point) => number | null | undefined,
): readonly Dot[] {
  return points.flatMap((point) => {
    const y = value(point)
    return y === null || y === undefined ? [] : [{ x: point.step, y }]
  })
}

export interface RunCurves {
  readonly loss: readonly Dot[]
  readonly lossMean: readonly Dot[]
  readonly validationLoss: readonly Dot[]
  readonly rate: readonly Dot[]
  readonly score: readonly Dot[]
  readonly scoreName: string
  readonly best: EvaluatePoint | undefined
  readonly lastTrain: TrainPoint | undefined
  readonly lastEvaluate: EvaluatePoint | undefined
}

/** The point with the highest score; the earlier one of two alike. */
export function bestOf(points: readonly EvaluatePoint[]): EvaluatePoint | undefined {
  return points.reduce<EvaluatePoint | undefined>((best, point) => {
    const score = point.values.score ?? null
    if (score === null) return best
    return best === undefined || score > (best.values.score ?? -Infinity) ? point : best
  }, undefined)
}

export function curvesOf(train: readonly TrainPoint[], evaluate: readonly EvaluatePoint[]): RunCurves {
  const loss = dots(train, (point) => point.values.loss)
  return {
    loss,
    lossMean: smoothed(loss, SMOOTH),
    validationLoss: dots(evaluate, (point) => point.values.validation_loss),
    rate: dots(train, (point) => point.values.learning_rate),
    score: dots(evaluate, (point) => point.values.score),
    scoreName: evaluate.findLast((point) => point.values.score_name)?.values.score_name ?? 'mean_iou',
    best: bestOf(evaluate),
    lastTrain: train[train.length - 1],
    lastEvaluate: evaluate[evaluate.length - 1],
  }
}

export interface KnownClass {
  readonly index: number
  readonly name: string
  readonly colour: string
}
export interface ClassBar {
  readonly index: number
  readonly name: string
  readonly colour: string
  readonly value: number | null
}

/** The classes that a model knows: its own when it has been trained, those of its plan until then. */
export function classesOf(model: Pick<ModelDetail, 'class_map' | 'plan'>): readonly KnownClass[] {
  if (model.class_map.length > 0) return model.class_map
  const { classes } = model.plan
  return Array.isArray(classes) ? (classes as readonly unknown[] as readonly KnownClass[]) : []
}

/** What each class scores, the best first: IoU, or AP where there is no IoU. */
export function classBars(
  figures: readonly ClassFigures[] | undefined,
  classes: readonly KnownClass[],
): readonly ClassBar[] {
  return (figures ?? [])
    .map((each) => {
      const known = classes.find((one) => one.index === each.index)
      return {
        index: each.index,
        name: known?.name ?? each.name,
        colour: known?.colour ?? 'var(--status-new)',
        value: each.iou ?? each.ap ?? null,
      }
    })
    .sort((one, other) => (other.value ?? -1) - (one.value ?? -1))
}

/** Names of a confusion matrix' rows: as given, or of the classes, with the background first where it is one more. */
export function confusionLabels(
  size: number,
  metrics: Pick<Metrics, 'labels'>,
  names: readonly string[],
  background: string,
): readonly string[] {
  if (metrics.labels?.length === size) return metrics.labels
  return size === names.length + 1 ? [background, ...names] : names.slice(0, size)
}
