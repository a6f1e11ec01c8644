/** The click service: waits until the image is ready, knows windows that are, and tells failures apart. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import { AssistFailure } from '@/core/assist'
import { type ClickQuestion, windowSuits } from '@/core/clicks'
import { countsToString } from '@/core/rle'
import { clickService } from '@/sync/clicks'

const OPEN = { image: 'i', width: 100, height: 80 }
const WHOLE = { x0: 0, y0: 0, x1: 100, y1: 80 }
const ASKED: ClickQuestion = {
  model: null,
  region: null,
  seen: WHOLE,
  positive: [{ x: 3, y: 4 }],
  negative: [],
  strokes: [{ points: [1, 2, 3, 4], radius: 2, adds: false }],
  box: { x0: 1, y0: 2, x1: 30, y1: 40 },
  mask: null,
  previous: 'before',
}
const ANSWER = {
  rle: { size: [80, 100], counts: countsToString(Uint32Array.of(8000)) },
  bbox: [0, 0, 0, 0],
  area: 0,
  score: 0.5,
  model: 'm',
  region: [0, 0, 100, 80],
  logits: 'after',
  elapsed_ms: 4,
}
const state = (name: string, progress = 0) => ({
  model: 'm',
  region: [0, 0, 100, 80],
  state: name,
  progress,
  job: null,
  reason: '',
})
const NOT_READY = { status: 409, type: 'not-ready', title: '', detail: '', errors: [], ...state('queued') }

interface Sent {
  readonly path: string
  readonly body: Record<string, unknown>
}

let sent: Sent[] = []
let answers: { readonly status?: number; readonly body: unknown }[] = []

beforeEach(() => {
  sent = []
  vi.stubGlobal('document', { cookie: '' })
  vi.stubGlobal('fetch', (path: string, { body }: { body: string }) => {
    sent.push({ path, body: JSON.parse(body) as Record<string, unknown> })
    const next = answers.shift()
    if (!next) throw new Error(`no answer for ${path}`)
    const status = next.status ?? 200
    const type = status === 200 ? 'application/json' : 'application/problem+json'
    return Promise.resolve(
      new Response(JSON.stringify(next.body), { status, headers: { 'Content-Type': type } }),
    )
  })
})
afterEach(() => vi.unstubAllGlobals())

const signal = () => new AbortController().signal

test('asks again until the image is ready, telling how far it is, then clicks', async () => {
  answers = [
    { body: state('queued') },
    { body: state('running', 0.3) },
    { body: state('ready', 1) },
    { body: ANSWER },
  ]
  const waits: unknown[] = []
  const answer = await clickService(OPEN).ask(ASKED, (wait) => waits.push(wait), signal())
  expect(waits).toEqual([
    { state: 'queued', progress: 0 },
    { state: 'running', progress: 0.3 },
  ])
  expect(sent.map(({ path }) => path.replace('/api/v1/images/i/', ''))).toEqual([
    'embeddings',
    'embeddings',
    'embeddings',
    'assist/click',
  ])
  expect(sent[0]!.body).toEqual({ model: null, view: [0, 0, 100, 80] })
  expect(sent[3]!.body).toEqual({
    model: null,
    region: [0, 0, 100, 80],
    positive: [[3, 4]],
    negative: [],
    strokes: [{ mode: 'remove', radius: 2, points: [1, 2, 3, 4] }],
    box: [1, 2, 30, 40],
    previous: 'before',
  })
  expect(answer).toMatchObject({ region: WHOLE, logits: 'after', score: 0.5 })
})

test('a window that is known to be ready is not asked for again', async () => {
  answers = [{ body: state('ready') }, { body: ANSWER }, { body: ANSWER }]
  const service = clickService(OPEN)
  await service.ask(ASKED, () => undefined, signal())
  await service.ask(ASKED, () => undefined, signal())
  expect(sent.filter(({ path }) => path.endsWith('embeddings'))).toHaveLength(1)
})

test('an image whose preparation was lost meanwhile is made ready again', async () => {
  answers = [
    { status: 409, body: NOT_READY },
    { body: state('queued') },
    { body: state('ready') },
    { body: ANSWER },
  ]
  const answer = await clickService(OPEN).ask({ ...ASKED, region: WHOLE }, () => undefined, signal())
  expect(answer.logits).toBe('after')
})

test.each([
  [{ status: 503, body: { type: 'unavailable', detail: '', errors: [] } }, 'busy'],
  [{ status: 400, body: { type: 'invalid-input', detail: 'sam.onnx failed', errors: [] } }, 'model'],
  [
    {
      status: 400,
      body: { type: 'invalid-input', detail: '', errors: [{ where: 'positive[0]', message: 'outside' }] },
    },
    'outside',
  ],
])('a refusal has a reason', async (refusal, reason) => {
  answers = [refusal]
  const asking = clickService(OPEN).ask({ ...ASKED, region: WHOLE }, () => undefined, signal())
  const error: unknown = await asking.catch((problem: unknown) => problem)
  expect(error).toBeInstanceOf(AssistFailure)
  expect((error as AssistFailure).reason).toBe(reason)
})

test('an image that could not be made ready is told as such', async () => {
  answers = [{ body: { ...state('failed'), reason: 'no file' } }]
  const asking = clickService(OPEN).prepare(null, WHOLE, () => undefined, signal())
  await expect(asking).rejects.toMatchObject({ reason: 'model' })
})

test('models come with what was measured of them', async () => {
  const own = {
    name: 'project-7',
    title: 'Cells',
    family: 'click_net',
    licence: '',
    state: 'ready',
    problem: '',
  }
  answers = [{ body: { results: [{ ...own, is_default: true, clicks_needed: 3.1 }], next: null } }]
  expect(await clickService(OPEN).models(new AbortController().signal)).toEqual([
    { name: 'project-7', title: 'Cells', usual: true, problem: '', needed: 3.1 },
  ])
})

test('a glance that is no longer wanted is never sent', async () => {
  const controller = new AbortController()
  const glance = clickService(OPEN).glance({ ...ASKED, region: WHOLE }, controller.signal)
  controller.abort()
  await expect(glance).rejects.toBeInstanceOf(AssistFailure)
  expect(sent).toEqual([])
})

describe('a window', () => {
  const large = { width: 4000, height: 3000 }
  const at = (x0: number, y0: number, x1: number, y1: number) => ({ x0, y0, x1, y1 })

  test('of a small image is the whole of it', () => {
    expect(windowSuits(at(0, 0, 1300, 900), at(10, 10, 60, 60), { width: 1300, height: 900 })).toBe(true)
  })

  test('of a large one holds what is seen at the detail of the zoom', () => {
    expect(windowSuits(at(1536, 1024, 2560, 2048), at(1900, 1400, 2100, 1600), large)).toBe(true)
    expect(windowSuits(at(0, 0, 1024, 1024), at(1900, 1400, 2100, 1600), large)).toBe(false)
    expect(windowSuits(at(0, 0, 4000, 3000), at(1900, 1400, 2100, 1600), large)).toBe(false)
    expect(windowSuits(at(0, 0, 4000, 3000), at(0, 0, 4000, 3000), large)).toBe(true)
  })
})
