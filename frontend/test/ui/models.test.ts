/** The learning pages: scales and ticks, figures in words, curves from points, plans that people change. */
import { describe, expect, test } from 'vitest'

import english from '@/i18n/en/plan'
import type { CurvePoint, EvaluatePoint, TrainPoint } from '@/sync/learningApi'
import { shares } from '@/ui/models/charts/Confusion'
import { logTicks, nearest, niceTicks, pathOf, scaleOf, smoothed, thinned } from '@/ui/models/charts/scale'
import { compact, figure, interval, planText, reasonText, roughTime, score, signed } from '@/ui/models/format'
import { sorted } from '@/ui/models/result/ClassTable'
import { blocksOf } from '@/ui/models/result/Markdown'
import { reach } from '@/ui/models/result/Verdict'
import { bestOf, classBars, classesOf, confusionLabels, curvesOf } from '@/ui/models/run/curves'
import { planStart } from '@/ui/models/train/DatasetFields'
import { differences, fieldsOf, overridesOf, parsed } from '@/ui/models/train/planFields'
import { numbersIn, shapeOf, writtenParts } from '@/ui/models/train/PlanParts'
import { joined } from '@/ui/models/useCurve'
import { roundsOf } from '@/ui/queue/LearningCurve'

const words = english as Readonly<Record<string, string>>
/** Translates as i18next does: by key, with its values filled in, else the default. */
const t = ((key: string, options?: string | Readonly<Record<string, string>>) => {
  const fallback = typeof options === 'string' ? options : (options?.defaultValue ?? key)
  const text = words[key.replace(/^plan:/, '')] ?? fallback
  return text.replace(/\{\{(\w+)\}\}/g, (_, name: string) =>
    typeof options === 'object' ? (options[name] ?? '') : '',
  )
}) as never

describe('scales', () => {
  test('a linear scale runs from its first to its last pixel, also downwards', () => {
    const y = scaleOf([0, 10], [100, 0])
    expect([y.at(0), y.at(5), y.at(10)]).toEqual([100, 50, 0])
  })
  test('a logarithmic scale gives each power of ten the same room', () => {
    const y = scaleOf([0.1, 10], [0, 100], { log: true })
    expect([y.at(0.1), y.at(1), y.at(10)]).toEqual([0, 50, 100])
  })
  test('a range without extent is still drawn', () => {
    expect(Number.isFinite(scaleOf([3, 3], [0, 10]).at(3))).toBe(true)
  })
  test('ticks are round numbers within the range', () => {
    expect(niceTicks(0, 1, 4)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1])
    expect(niceTicks(3, 1203, 4)).toEqual([500, 1000])
    expect(logTicks(0.05, 20)).toEqual([0.1, 1, 10])
    expect(logTicks(0.3, 3)).toEqual([0.5, 1, 2])
    expect(logTicks(1.7, 4.1)).toEqual([2, 3, 4])
  })
  test('a path breaks where a value is not known', () => {
    const x = scaleOf([0, 3], [0, 3])
    const dots = [1, null, 2, 3].map((y, place) => ({ x: place, y }))
    expect(pathOf(dots, x, x)).toBe('M0.0 1.0M2.0 2.0L3.0 3.0')
  })
  test('thinning keeps the highest and the lowest point', () => {
    const dots = Array.from({ length: 5000 }, (_, x) => ({ x, y: x === 2345 ? 99 : x === 4001 ? -99 : 0 }))
    const few = thinned(dots, 100)
    expect(few.length).toBeLessThanOrEqual(100)
    expect(few.map((dot) => dot.y)).toEqual(expect.arrayContaining([99, -99]))
    expect(few.every((dot, place) => place === 0 || dot.x > few[place - 1]!.x)).toBe(true)
  })
  test('smoothing begins at the first value and leaves what is constant', () => {
    expect(smoothed([{ x: 0, y: 7 }], 0.9)[0]!.y).toBeCloseTo(7)
    const flat = Array.from({ length: 20 }, (_, x) => ({ x, y: 2 }))
    expect(smoothed(flat, 0.9).every((dot) => Math.abs(dot.y - 2) < 1e-9)).toBe(true)
  })
  test('the nearest dot is found by halving', () => {
    const dots = [0, 10, 20].map((x) => ({ x }))
    expect([-5, 4, 6, 14, 99].map((x) => nearest(dots, x))).toEqual([0, 0, 1, 1, 2])
    expect(nearest([], 1)).toBe(-1)
  })
})

describe('figures', () => {
  test('shares read as points of a hundred, clicks as they are, the unknown as a dash', () => {
    expect(figure(0.7312, 'en')).toBe('73.1')
    expect(figure(0.7312, 'pt-BR')).toBe('73,1')
    expect(figure(3.24, 'en', 'clicks_85')).toBe('3.2')
    expect([null, undefined, NaN].map((value) => figure(value, 'en'))).toEqual(['–', '–', '–'])
  })
  test('a figure that stands alone has its unit, in the way of the language', () => {
    expect([score(0.7312, 'en'), score(0.7312, 'pt-BR'), score(3.24, 'en', 'clicks_85')]).toEqual([
      '73.1%',
      '73,1%',
      '3.2',
    ])
    expect(score(null, 'en')).toBe('–')
  })
  test('an interval is written only where both ends are known', () => {
    expect(interval({ value: 0.5, low: 0.45, high: 0.56 }, 'en')).toBe('45.0 – 56.0')
    expect(interval({ value: 0.5, low: null, high: null }, 'en')).toBe('')
    expect(interval(undefined, 'en')).toBe('')
  })
  test('differences have their sign, times are rough, small numbers keep what tells something', () => {
    expect([0.021, -0.021, 0].map((value) => signed(value, 'en'))).toEqual(['+2.1', '−2.1', '±0.0'])
    expect([12, 90, 3600, 7800, null].map(roughTime)).toEqual(['12 s', '2 min', '1 h', '2 h 10 min', '–'])
    expect([0.0000312, 0.000312, 0.0421, 12345, 1.2345].map((value) => compact(value, 'en'))).toEqual([
      '3.1e-5',
      '0.00031',
      '0.042',
      '12,345',
      '1.23',
    ])
  })
  test('the values of a plan read as words', () => {
    expect(planText([224, 320], 'en', t)).toBe('224 × 320')
    expect(planText([{ name: 'cross_entropy', weight: 1 }], 'en', t)).toBe('1 × cross-entropy')
    expect(planText(null, 'en', t)).toBe('none')
    expect(planText({ flip_vertical: false }, 'en', t)).toBe('mirror up-down: no')
  })
  test('a reason is the translation of its code with its values, or what the planner wrote', () => {
    const known = { code: 'steps_budget', values: { minutes: 8 }, text: 'written by the planner' }
    expect(reasonText(known, 'en', t)).toBe('What this machine does in 8 minutes.')
    expect(reasonText({ code: 'brand_new', text: 'written by the planner' }, 'en', t)).toBe(
      'written by the planner',
    )
    expect(reasonText(undefined, 'en', t)).toBe('')
  })
})

const evaluated = (id: number, step: number, score: number | null): EvaluatePoint => ({
  id,
  kind: 'evaluate',
  step,
  values: { score, score_name: 'ap' },
})
const trained = (id: number, step: number, loss: number): TrainPoint => ({
  id,
  kind: 'train',
  step,
  values: { loss, learning_rate: 0.001 },
})

describe('curves', () => {
  test('a step that a resumed training went through again replaces itself', () => {
    const before: readonly CurvePoint[] = [trained(1, 10, 2), trained(2, 20, 1)]
    const after = joined(before, [trained(3, 20, 0.9), evaluated(4, 20, 0.3)])
    expect(after.map((point) => point.id)).toEqual([1, 3, 4])
    expect(joined(before, [])).toBe(before)
  })
  test('the best point is the first with the highest score', () => {
    expect(bestOf([evaluated(1, 10, 0.2), evaluated(2, 20, 0.4), evaluated(3, 30, 0.4)])?.step).toBe(20)
    expect(bestOf([evaluated(1, 10, null)])).toBeUndefined()
  })
  test('series hold what was measured and nothing else', () => {
    const curves = curvesOf([trained(1, 10, 2)], [evaluated(2, 20, null), evaluated(3, 30, 0.5)])
    expect(curves.score).toEqual([{ x: 30, y: 0.5 }])
    expect(curves.scoreName).toBe('ap')
    expect(curves.validationLoss).toEqual([])
  })
  test('while it trains, a model has the classes of its plan', () => {
    const classes = [{ index: 4, name: 'Road', colour: '#804080' }]
    expect(classesOf({ class_map: [], plan: { classes } })).toEqual(classes)
    expect(classesOf({ class_map: [], plan: {} })).toEqual([])
    const own = [{ index: 1, name: 'cat', colour: '#000000' }]
    expect(classesOf({ class_map: own as never, plan: { classes } })).toEqual(own)
  })
  test('classes are named by the class map, the best first, the unknown last', () => {
    const bars = classBars(
      [
        { index: 1, name: '', iou: null },
        { index: 2, name: '', iou: 0.4 },
        { index: 3, name: 'other', ap: 0.6 },
      ],
      [
        { index: 1, name: 'cat', colour: '#000' },
        { index: 2, name: 'cup', colour: '#111' },
      ],
    )
    expect(bars.map((bar) => bar.name)).toEqual(['other', 'cup', 'cat'])
  })
  test('a confusion matrix with one row more than classes begins with the background', () => {
    expect(confusionLabels(3, {}, ['cat', 'cup'], 'background')).toEqual(['background', 'cat', 'cup'])
    expect(confusionLabels(2, {}, ['cat', 'cup'], 'background')).toEqual(['cat', 'cup'])
    expect(confusionLabels(2, { labels: ['a', 'b'] }, ['cat', 'cup'], '')).toEqual(['a', 'b'])
  })
  test('shares divide each row by its sum; an empty row stays zero', () => {
    expect(
      shares([
        [3, 1],
        [0, 0],
      ]),
    ).toEqual([
      [0.75, 0.25],
      [0, 0],
    ])
  })
  test('of two models with the same number of labels the last one counts', () => {
    const round = { model: '', number: 1, name: '', metric: 'ap', low: null, high: null, promoted: null }
    const rounds = [
      { ...round, labelled: 40, value: 0.3 },
      { ...round, labelled: 20, value: 0.2 },
      { ...round, labelled: 40, value: 0.5 },
    ]
    expect(roundsOf(rounds).map((one) => [one.labelled, one.value])).toEqual([
      [20, 0.2],
      [40, 0.5],
    ])
  })
})

describe('plans', () => {
  const plan = { batch_size: 4, input_size: [224, 224], encoder: 'resnet18', tiling: null }
  test('what a person wrote becomes the kind of value that stood there', () => {
    expect(parsed('8', 4)).toEqual({ value: 8 })
    expect(parsed('0,5', 4)).toEqual({ value: 0.5 })
    expect(parsed('[64, 96]', [224, 224])).toEqual({ value: [64, 96] })
    expect(parsed('', [1])).toEqual({ value: null })
    expect(parsed('true', false)).toEqual({ value: true })
  })
  test('a text that is no value is named and not sent', () => {
    const { overrides, problems } = overridesOf({ batch_size: 'many', input_size: '[1,', encoder: 'x' }, plan)
    expect(overrides).toEqual({ encoder: 'x' })
    expect(problems).toEqual({ batch_size: 'number', input_size: 'json' })
  })
  test('numbers that were typed into a part of a value become numbers, or are named', () => {
    const basis = {
      losses: [{ name: 'dice', weight: 1 }],
      augmentation: { rotate: 10, flip: true, zoom: [0.75, 1.33] },
    }
    const texts = (losses: unknown, augmentation: unknown) => ({
      losses: JSON.stringify(losses),
      augmentation: JSON.stringify(augmentation),
    })
    const typed = texts(
      [
        { name: 'dice', weight: '0,5' },
        { name: 'focal', weight: '2.' },
      ],
      { rotate: '15', flip: false, zoom: ['0.5', 1.33] },
    )
    expect(overridesOf(typed, basis)).toEqual({
      overrides: {
        losses: [
          { name: 'dice', weight: 0.5 },
          { name: 'focal', weight: 2 },
        ],
        augmentation: { rotate: 15, flip: false, zoom: [0.5, 1.33] },
      },
      problems: {},
    })
    const wrong = texts([{ name: 'dice', weight: '' }], { rotate: 'a little', flip: true, zoom: [1, 1] })
    expect(overridesOf(wrong, basis).problems).toEqual({ losses: 'number', augmentation: 'number' })
  })
  test('a value is changed in the parts that it has', () => {
    const shapes = [
      [224, 224],
      [0.3, 1, 2.5],
      [{ name: 'dice', weight: 1 }],
      [{ name: 'rpn_box', weight: 1 }],
      { rotate: 10, flip: true, zoom: [0.75, 1.33] },
      { size: 512, names: ['a'] },
      null,
      7,
    ].map((value) => shapeOf(value))
    expect(shapes).toEqual(['pair', 'numbers', 'losses', 'text', 'settings', 'text', 'text', 'text'])
    expect(numbersIn('0.3, 1;2.5  x')).toEqual(['0.3', '1', '2.5', 'x'])
    expect(writtenParts('[1,', [224, 224])).toEqual([224, 224])
    expect(writtenParts('["1",2]', [224, 224])).toEqual(['1', 2])
  })
  test('a value that says nothing about a training is not shown, one with a reason is', () => {
    const reasons = { tiling: { code: 'tiling_whole', text: '' } }
    expect(
      fieldsOf({ steps: 10, tiling: null, anchors: null, variant: '', architecture: 'unet' }, reasons),
    ).toEqual({
      main: ['steps'],
      more: ['tiling'],
    })
  })
  test('where a training begins is asked of the server as a parent or as weights', () => {
    expect(planStart({ kind: 'model', id: 'm' })).toEqual({ parent: 'm', overrides: {} })
    expect(planStart({ kind: 'scratch' })).toEqual({ overrides: { weights: 'scratch' } })
    expect(planStart({ kind: 'planner' })).toEqual({ overrides: {} })
  })
  test('only the fields in which plans differ are compared', () => {
    expect(differences([plan, { ...plan, batch_size: 8 }])).toEqual(['batch_size'])
    expect(differences([plan, plan])).toEqual([])
  })
})

describe('results', () => {
  test('classes sort by a column; what is not known stays last either way', () => {
    const rows = [
      { index: 1, name: 'a', iou: null },
      { index: 2, name: 'b', iou: 0.2 },
      { index: 3, name: 'c', iou: 0.9 },
    ]
    const names = (descending: boolean) => sorted(rows, { column: 'iou', descending }).map((row) => row.name)
    expect(names(true)).toEqual(['c', 'b', 'a'])
    expect(names(false)).toEqual(['b', 'c', 'a'])
  })
  test('the scale of a difference holds both ends of its interval', () => {
    expect(reach({ difference: 0.1, low: -0.05, high: 0.3 })).toBeGreaterThan(0.3)
    expect(reach({ difference: 0, low: 0, high: 0 })).toBeGreaterThan(0)
  })
  test('a model card is split into headings, lists, tables and text', () => {
    const card =
      '# Title\n\nSome **text**\nthat goes on.\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n'
    expect(blocksOf(card)).toEqual([
      { kind: 'heading', level: 1, text: 'Title' },
      { kind: 'paragraph', text: 'Some **text** that goes on.' },
      { kind: 'list', items: ['one', 'two'] },
      { kind: 'table', head: ['a', 'b'], rows: [['1', '2']] },
    ])
  })
})
