/**
 * Asks the server for a classical assist and reads its answer. Owns the shapes on the wire, the labels' packing and
 * which refusal means what; the tools own what is asked.
 */
import { type AssistAnswer, AssistFailure, type AssistQuestion, type AssistReason } from '@/core/assist'
import type { MaskGeometry } from '@/core/document'
import type { Labels } from '@/core/labels'
import type { Rect } from '@/core/points'
import { countsFromString, countsToString, crop, expand } from '@/core/rle'

import { ApiProblem, NetworkFailure, requestJson } from './client'

/** A server that has not answered by then is taken for lost; the question can be asked again. */
const PATIENCE_MS = 30_000

interface ImageSize {
  readonly width: number
  readonly height: number
}

interface WireLabels {
  readonly size: readonly [number, number]
  readonly count: number
  readonly data: string
}

interface WireAnswer {
  readonly rle: { readonly size: readonly [number, number]; readonly counts: string }
  readonly region: readonly [number, number, number, number]
  readonly labels: WireLabels | null
  readonly histogram: AssistAnswer['histogram']
}

/** Structurally an `AssistService` of the tools. */
export function assistService({ image, ...size }: ImageSize & { readonly image: string }) {
  return {
    ask: async (question: AssistQuestion, signal: AbortSignal): Promise<AssistAnswer> => {
      try {
        const answer = await requestJson<WireAnswer>(`/images/${image}/assist/${question.method}`, {
          method: 'POST',
          json: questionToWire(question, size),
          signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
        })
        return await answerFromWire(answer)
      } catch (error) {
        throw error instanceof AssistFailure ? error : new AssistFailure(reasonOf(error), error)
      }
    },
  }
}

export function questionToWire(question: AssistQuestion, size: ImageSize): Record<string, unknown> {
  const { region, parameters, positive, negative, strokes, box, polygons, mask } = question
  const pairs = (points: AssistQuestion['positive']) => points?.map(({ x, y }) => [x, y])
  return {
    region: sides(region),
    parameters,
    ...(positive?.length ? { positive: pairs(positive) } : {}),
    ...(negative?.length ? { negative: pairs(negative) } : {}),
    ...(strokes?.length
      ? {
          strokes: strokes.map(({ points, radius, adds }) => ({
            mode: adds ? 'add' : 'remove',
            radius,
            points,
          })),
        }
      : {}),
    ...(box ? { box: sides(box) } : {}),
    ...(polygons ? { polygons: polygons.map((rings) => rings.map((ring) => Array.from(ring))) } : {}),
    ...(mask ? { mask: maskToWire(mask, size) } : {}),
  }
}

function maskToWire(mask: MaskGeometry, { width, height }: ImageSize) {
  return { size: [height, width], counts: countsToString(expand(mask, height, width)) }
}

const sides = ({ x0, y0, x1, y1 }: Rect) => [x0, y0, x1, y1]

export async function answerFromWire({ rle, region, labels, histogram }: WireAnswer): Promise<AssistAnswer> {
  const [height, width] = rle.size
  const [x0, y0, x1, y1] = region
  return {
    mask: crop(countsFromString(rle.counts), height, width),
    labels: labels && (await labelsFromWire(labels, { x0, y0, x1, y1 })),
    histogram,
  }
}

/** Base64 of zlib of little-endian uint16, row by row. Throws RangeError when they are not as many as the size says. */
export async function labelsFromWire({ size, count, data }: WireLabels, frame: Rect): Promise<Labels> {
  const [height, width] = size
  const packed = Uint8Array.from(atob(data), (character) => character.charCodeAt(0))
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate'))
  const bytes = new DataView(await new Response(stream).arrayBuffer())
  if (bytes.byteLength !== 2 * width * height)
    throw new RangeError(
      `the labels have ${bytes.byteLength} bytes; ${width} x ${height} have ${2 * width * height}`,
    )
  const numbers = new Uint16Array(width * height)
  for (let i = 0; i < numbers.length; i++) numbers[i] = bytes.getUint16(2 * i, true)
  return { frame, width, height, count, data: numbers }
}

const BY_STATUS: Readonly<Record<number, AssistReason>> = {
  401: 'signedOut',
  403: 'forbidden',
  404: 'gone',
  409: 'preparing',
  413: 'tooLarge',
  429: 'busy',
  503: 'busy',
}
const BY_PLACE: Readonly<Record<string, AssistReason>> = {
  positive: 'outside',
  negative: 'outside',
  region: 'outside',
  strokes: 'strokes',
  box: 'box',
  mask: 'mask',
  polygons: 'mask',
  'parameters.channel': 'channel',
  'parameters.classes': 'groups',
  'parameters.clusters': 'groups',
}

/** Why the server gave no answer, as far as it matters to who sits before the picture. */
export function reasonOf(error: unknown): AssistReason {
  if (error instanceof NetworkFailure || brokeOff(error)) return 'offline'
  if (!(error instanceof ApiProblem)) return 'refused'
  if (error.type === 'one-colour') return 'oneColour'
  const [first] = error.errors
  const place = first?.where.replace(/\[.*$/, '') ?? ''
  return BY_STATUS[error.status] ?? BY_PLACE[place] ?? 'refused'
}

/** The answer began and did not end: what the browser throws while a body is read. */
function brokeOff(error: unknown): boolean {
  return error instanceof DOMException || error instanceof TypeError || error instanceof SyntaxError
}
