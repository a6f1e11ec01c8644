/**
 * Asks the server for click models: makes an image (or a window of a large one) ready, and asks for what a click finds.
 * Owns waiting until it is ready and the shapes on the wire; the tool owns what is asked.
 */
import { AssistFailure } from '@/core/assist'
import {
  type ClickAnswer,
  type ClickModel,
  type ClickQuestion,
  type ClickWait,
  windowSuits,
} from '@/core/clicks'
import type { MaskGeometry } from '@/core/document'
import type { Rect } from '@/core/points'
import { countsFromString, countsToString, crop, expand } from '@/core/rle'

import { reasonOf } from './assists'
import { ApiProblem, requestJson } from './client'
import type { components } from './schema.gen'

type WireAnswer = components['schemas']['Click']
type WireModel = components['schemas']['ClickModel']
type WireState = components['schemas']['Embedding']

const PATIENCE_MS = 30_000
/** Between two questions whether the image is ready: short at first, for most take a second. */
const FIRST_PAUSE_MS = 150
const LONGEST_PAUSE_MS = 1500
/** How long the pointer rests before it is looked at. */
const REST_MS = 80
/** An image that is lost again each time it was made ready is given up. */
const MOST_TRIES = 3

interface OpenImage {
  readonly image: string
  readonly width: number
  readonly height: number
}

type OnWait = (wait: ClickWait) => void

/** Structurally a `ClickService` of the tools. */
export function clickService(open: OpenImage) {
  const known = new Map<string, Rect>()

  const prepare = async (model: string | null, seen: Rect, onWait: OnWait, signal: AbortSignal) => {
    const region = await untilReady(open.image, { model, view: sides(seen) }, onWait, signal)
    known.set(model ?? '', region)
    return region
  }

  const windowOf = async (question: ClickQuestion, onWait: OnWait, signal: AbortSignal) => {
    if (question.region) return question.region
    const last = known.get(question.model ?? '')
    if (last && windowSuits(last, question.seen, open)) return last
    return prepare(question.model, question.seen, onWait, signal)
  }

  const ask = async (question: ClickQuestion, onWait: OnWait, signal: AbortSignal): Promise<ClickAnswer> => {
    for (let tries = 1; ; tries++) {
      const region = await windowOf(question, onWait, signal)
      try {
        return await clicked(open, { ...question, region }, signal)
      } catch (error) {
        if (!isNotReady(error) || tries === MOST_TRIES) throw error
        known.delete(question.model ?? '')
        await prepare(question.model, region, onWait, signal)
      }
    }
  }

  return {
    models: (signal: AbortSignal) => told(() => listModels(open.image, signal)),
    prepare: (model: string | null, seen: Rect, onWait: OnWait, signal: AbortSignal) =>
      told(() => prepare(model, seen, onWait, signal)),
    ask: (question: ClickQuestion, onWait: OnWait, signal: AbortSignal) =>
      told(() => ask(question, onWait, signal)),
    glance: (question: ClickQuestion, signal: AbortSignal) =>
      told(async () => {
        await pause(REST_MS, signal)
        return clicked(open, question, signal)
      }),
  }
}

/** Makes images ready one after the other, for whoever comes to them next. Rejects only when aborted. */
export async function prepareAhead(images: readonly string[], signal: AbortSignal): Promise<void> {
  for (const image of images) {
    try {
      await untilReady(image, { model: null, view: null }, () => undefined, signal)
    } catch (error) {
      if (signal.aborted) throw error // otherwise: the tool tells it, when somebody wants to click
    }
  }
}

async function listModels(image: string, signal: AbortSignal): Promise<readonly ClickModel[]> {
  const { results } = await requestJson<{ results: readonly WireModel[] }>(`/images/${image}/click-models`, {
    signal: patient(signal),
  })
  return results.map(({ name, title, is_default, problem, clicks_needed }) => ({
    name,
    title,
    usual: is_default,
    problem,
    needed: clicks_needed,
  }))
}

async function untilReady(
  image: string,
  json: { readonly model: string | null; readonly view: readonly number[] | null },
  onWait: OnWait,
  signal: AbortSignal,
): Promise<Rect> {
  for (let rest = FIRST_PAUSE_MS; ; rest = Math.min(LONGEST_PAUSE_MS, rest * 1.3)) {
    const found = await requestJson<WireState>(`/images/${image}/embeddings`, {
      method: 'POST',
      json,
      signal: patient(signal),
    })
    if (found.state === 'ready') return rectOf(found.region)
    if (found.state === 'failed') throw new AssistFailure('model')
    onWait({ state: found.state === 'running' ? 'running' : 'queued', progress: found.progress })
    await pause(rest, signal)
  }
}

async function clicked(open: OpenImage, question: ClickQuestion, signal: AbortSignal): Promise<ClickAnswer> {
  const answer = await requestJson<WireAnswer>(`/images/${open.image}/assist/click`, {
    method: 'POST',
    json: clickToWire(question, open),
    signal: patient(signal),
  })
  const [height, width] = answer.rle.size as [number, number]
  return {
    mask: crop(countsFromString(answer.rle.counts), height, width),
    region: rectOf(answer.region),
    logits: answer.logits,
    score: answer.score,
  }
}

export function clickToWire(question: ClickQuestion, size: OpenImage): Record<string, unknown> {
  const { model, region, positive, negative, strokes, box, mask, previous } = question
  return {
    model,
    region: region && sides(region),
    positive: positive.map(({ x, y }) => [x, y]),
    negative: negative.map(({ x, y }) => [x, y]),
    strokes: strokes.map(({ points, radius, adds }) => ({ mode: adds ? 'add' : 'remove', radius, points })),
    ...(box ? { box: sides(box) } : {}),
    ...(mask ? { mask: maskToWire(mask, size) } : {}),
    previous,
  }
}

/** Every failure as a reason that the tool has a sentence for. */
async function told<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw error instanceof AssistFailure ? error : new AssistFailure(reasonFor(error), error)
  }
}

function reasonFor(error: unknown) {
  return isNotReady(error) || isModels(error) ? 'model' : reasonOf(error)
}

function isNotReady(error: unknown): boolean {
  return error instanceof ApiProblem && error.type === 'not-ready'
}

/** What is wrong is the model and no mark: the server names no place. */
function isModels(error: unknown): boolean {
  return error instanceof ApiProblem && error.status === 400 && error.errors.length === 0
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds)
    const end = () => {
      clearTimeout(timer)
      reject(new DOMException('no longer asked for', 'AbortError'))
    }
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
  })
}

const patient = (signal: AbortSignal) => AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)])

const sides = ({ x0, y0, x1, y1 }: Rect) => [x0, y0, x1, y1]

function rectOf([x0 = 0, y0 = 0, x1 = 0, y1 = 0]: readonly number[]): Rect {
  return { x0, y0, x1, y1 }
}

function maskToWire(mask: MaskGeometry, { width, height }: OpenImage) {
  return { size: [height, width], counts: countsToString(expand(mask, height, width)) }
}
