/** Questions and answers of assists as they travel, and what each refusal is for a person. */
import { deflateSync } from 'node:zlib'

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { countsToString, encode } from '@/core/rle'
import { answerFromWire, labelsFromWire, questionToWire, reasonOf } from '@/sync/assists'
import { ApiProblem, NetworkFailure } from '@/sync/client'

const FRAME = { x0: 3, y0: 4, x1: 6, y1: 6 }

/** As the server packs them. */
function packed(numbers: readonly number[]): string {
  const bytes = Buffer.alloc(2 * numbers.length)
  numbers.forEach((number, i) => bytes.writeUInt16LE(number, 2 * i))
  return deflateSync(bytes).toString('base64')
}

describe('labels', () => {
  test('come out as they went in', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 65535 }), { minLength: 1, maxLength: 300 }),
        async (numbers) => {
          const wire = { size: [1, numbers.length] as const, count: 65536, data: packed(numbers) }
          const labels = await labelsFromWire(wire, FRAME)
          expect([...labels.data]).toEqual(numbers)
        },
      ),
      { numRuns: 30 },
    )
  })

  test('of another size than they say are refused', async () => {
    const wire = { size: [2, 3] as const, count: 2, data: packed([0, 1, 1, 0, 1]) }
    await expect(labelsFromWire(wire, FRAME)).rejects.toThrow('10 bytes; 3 x 2 have 12')
  })

  test('lie where the answer’s region says', async () => {
    const counts = encode({ width: 9, height: 8, data: new Uint8Array(72).fill(1, 0, 9) })
    const answer = await answerFromWire({
      rle: { size: [8, 9], counts: countsToString(counts) },
      region: [3, 4, 6, 6],
      labels: { size: [2, 3], count: 3, data: packed([0, 1, 2, 2, 1, 0]) },
      histogram: null,
    })
    expect(answer.mask).toMatchObject({ x: 0, y: 0, width: 9, height: 1 })
    expect(answer.labels).toMatchObject({ frame: FRAME, width: 3, height: 2, count: 3 })
  })
})

describe('questions', () => {
  const base = { method: 'wand', region: FRAME, parameters: { tolerance: 9 } } as const
  const size = { width: 9, height: 8 }

  test('leave out what there is nothing of', () => {
    expect(questionToWire({ ...base, negative: [], strokes: [] }, size)).toEqual({
      region: [3, 4, 6, 6],
      parameters: { tolerance: 9 },
    })
  })

  test('carry every kind of mark in the interface’s shape', () => {
    const wire = questionToWire(
      {
        ...base,
        positive: [{ x: 1.5, y: 2 }],
        strokes: [
          { points: [1, 2, 3, 4], radius: 2, adds: true },
          { points: [5, 6], radius: 1, adds: false },
        ],
        box: { x0: 1, y0: 2, x1: 3, y1: 4 },
        polygons: [[Float32Array.of(0, 0, 4, 0, 4, 4)]],
        mask: { x: 1, y: 0, width: 1, height: 8, counts: Uint32Array.of(0, 8) },
      },
      size,
    )
    expect(wire).toMatchObject({
      positive: [[1.5, 2]],
      strokes: [
        { mode: 'add', radius: 2, points: [1, 2, 3, 4] },
        { mode: 'remove', radius: 1, points: [5, 6] },
      ],
      box: [1, 2, 3, 4],
      polygons: [[[0, 0, 4, 0, 4, 4]]],
      mask: { size: [8, 9], counts: countsToString(Uint32Array.of(8, 8, 56)) },
    })
  })
})

describe('a refusal', () => {
  const problem = (status: number, type: string, where: string[] = []) =>
    new ApiProblem(
      status,
      type,
      '',
      '',
      where.map((place) => ({ where: place, message: '' })),
      {},
    )

  const refusals: readonly (readonly [unknown, string])[] = [
    [new NetworkFailure(null), 'offline'],
    [new TypeError('network error'), 'offline'],
    [new DOMException('', 'TimeoutError'), 'offline'],
    [problem(400, 'one-colour', ['region']), 'oneColour'],
    [problem(400, 'invalid-input', ['positive[2]']), 'outside'],
    [problem(400, 'invalid-input', ['region']), 'outside'],
    [problem(400, 'invalid-input', ['strokes']), 'strokes'],
    [problem(400, 'invalid-input', ['box']), 'box'],
    [problem(400, 'invalid-input', ['mask']), 'mask'],
    [problem(400, 'invalid-input', ['parameters.clusters']), 'groups'],
    [problem(400, 'invalid-input', ['parameters.channel']), 'channel'],
    [problem(400, 'invalid-input'), 'refused'],
    [problem(401, 'not-signed-in'), 'signedOut'],
    [problem(403, 'not-allowed'), 'forbidden'],
    [problem(404, 'not-found'), 'gone'],
    [problem(409, 'conflict'), 'preparing'],
    [problem(413, 'too-large'), 'tooLarge'],
    [problem(503, 'unavailable'), 'busy'],
    [new RangeError('too few labels'), 'refused'],
  ]
  test.each(refusals)('%s is %s', (error, reason) => {
    expect(reasonOf(error)).toBe(reason)
  })
})
