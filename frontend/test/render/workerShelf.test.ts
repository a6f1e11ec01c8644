import { describe, expect, it } from 'vitest'

import { WorkerShelf } from '@/render/workerShelf'

class FakeWorker extends EventTarget {
  ended = false
  onmessage: (() => void) | null = () => undefined
  terminate() {
    this.ended = true
  }
}

function shelf() {
  const made: FakeWorker[] = []
  const make = () => {
    const worker = new FakeWorker()
    made.push(worker)
    return worker as unknown as Worker
  }
  return { made, shelf: new WorkerShelf(make) }
}

describe('WorkerShelf', () => {
  it('gives the worker that was given back, deaf to its former listener', () => {
    const { made, shelf: workers } = shelf()
    const first = workers.take()
    workers.giveBack(first)
    expect(first.onmessage).toBeNull()
    expect(workers.take()).toBe(first)
    expect(made).toHaveLength(1)
  })

  it('starts one beforehand, and only where there is none at all', () => {
    const { made, shelf: workers } = shelf()
    workers.warm()
    const first = workers.take()
    workers.warm()
    expect(made).toEqual([first])
  })

  it('keeps one and ends the others', () => {
    const { made, shelf: workers } = shelf()
    const [one, two] = [workers.take(), workers.take()]
    workers.giveBack(one)
    workers.giveBack(two)
    expect(made.map((worker) => worker.ended)).toEqual([false, true])
    expect(workers.take()).toBe(one)
  })

  it('never gives one again that has failed, in use or waiting', () => {
    const { made, shelf: workers } = shelf()
    const first = workers.take()
    made[0]!.dispatchEvent(new Event('error'))
    workers.giveBack(first)
    expect(made[0]!.ended).toBe(true)
    const second = workers.take()
    expect(second).not.toBe(first)
    workers.giveBack(second)
    made[1]!.dispatchEvent(new Event('error'))
    expect(workers.take()).not.toBe(second)
  })
})
