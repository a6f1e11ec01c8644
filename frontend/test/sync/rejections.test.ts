/** Rejections on their way to the server: kept first, sent together, tried again, and only the last word counts. */
import { describe, expect, test } from 'vitest'

import { ApiProblem, NetworkFailure } from '@/sync/client'
import { RejectionQueue } from '@/sync/rejections'

type Sent = readonly [prediction: string, ids: readonly string[], rejected: boolean]

function rig() {
  const cells = new Map<string, string>()
  const sent: Sent[] = []
  const timers: { milliseconds: number; run: () => void }[] = []
  const box: { answer: () => Promise<unknown> } = { answer: () => Promise.resolve() }
  const make = (user = 'ana') =>
    new RejectionQueue({
      user,
      storage: {
        getItem: (key) => cells.get(key) ?? null,
        setItem: (key, value) => void cells.set(key, value),
        removeItem: (key) => void cells.delete(key),
      },
      send: async (prediction, ids, rejected) => {
        await box.answer()
        sent.push([prediction, ids, rejected])
      },
      after: (milliseconds, run) => {
        const timer = { milliseconds, run }
        timers.push(timer)
        return () => {
          const at = timers.indexOf(timer)
          if (at >= 0) timers.splice(at, 1)
        }
      },
      random: () => 1,
    })
  return { make, cells, sent, timers, box }
}

const problem = (status: number) => new ApiProblem(status, 'x', 'x', '', [], {})

describe('a rejection', () => {
  test('of several objects in a row is one request', async () => {
    const { make, sent, timers } = rig()
    const queue = make()
    queue.record('p', ['a'], true)
    queue.record('p', ['b'], true)
    expect(timers).toHaveLength(1)
    await queue.flush()
    expect(sent).toEqual([['p', ['a', 'b'], true]])
    expect(queue.pending).toBe(0)
  })

  test('that was taken back before it went off is sent as taken back', async () => {
    const { make, sent } = rig()
    const queue = make()
    queue.record('p', ['a', 'b'], true)
    queue.record('p', ['a'], false)
    await queue.flush()
    expect(sent).toEqual([
      ['p', ['b'], true],
      ['p', ['a'], false],
    ])
  })

  test('outlives the tab, and is laid over what the server says until it is sent', async () => {
    const { make, sent, cells } = rig()
    make().record('p', ['a'], true)
    const queue = make()
    expect(queue.over('p', ['c'])).toEqual(['c', 'a'])
    expect(queue.over('other', ['c'])).toEqual(['c'])
    await queue.flush()
    expect(sent).toEqual([['p', ['a'], true]])
    expect(cells.size).toBe(0)
  })

  test('of another person is neither seen nor sent', async () => {
    const { make, sent } = rig()
    make('ana').record('p', ['a'], true)
    const queue = make('bea')
    await queue.flush()
    expect(queue.over('p', [])).toEqual([])
    expect(sent).toEqual([])
  })

  test('is kept while the server is away, and tried again ever later', async () => {
    const { make, sent, timers, box } = rig()
    const queue = make()
    box.answer = () => Promise.reject(new NetworkFailure('away'))
    queue.record('p', ['a'], true)
    await queue.flush()
    expect(timers.map(({ milliseconds }) => milliseconds)).toEqual([1000])
    await queue.flush()
    expect(timers.map(({ milliseconds }) => milliseconds)).toEqual([2000])
    box.answer = () => Promise.reject(problem(401))
    await queue.flush()
    expect(queue.pending).toBe(1)
    box.answer = () => Promise.resolve()
    await queue.flush()
    expect(sent).toEqual([['p', ['a'], true]])
  })

  test.each([400, 403, 404, 409])('that the server refuses for good (%s) is dropped', async (status) => {
    const { make, box } = rig()
    const queue = make()
    box.answer = () => Promise.reject(problem(status))
    queue.record('p', ['a'], true)
    await queue.flush()
    expect(queue.pending).toBe(0)
  })

  test('that is said while another is under way is sent after it', async () => {
    const { make, sent, box } = rig()
    const queue = make()
    let go: () => void = () => undefined
    box.answer = () => new Promise<void>((resolve) => (go = resolve))
    queue.record('p', ['a'], true)
    const done = queue.flush()
    queue.record('p', ['a'], false)
    box.answer = () => Promise.resolve()
    go()
    await done
    expect(sent).toEqual([
      ['p', ['a'], true],
      ['p', ['a'], false],
    ])
  })
})
