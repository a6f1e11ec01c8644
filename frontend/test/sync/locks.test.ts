/** Locks between tabs without Web Locks: three "tabs" on one channel. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { type Channel, ChannelLocks } from '../../src/sync/locks'
import { holdSession } from '../../src/sync/sessions'

const TIMES = { objection: 15, askAgain: 60 }

/** A channel of one browser: each tab hears all but itself, a little later. */
class Air {
  private readonly tabs = new Map<object, (event: { readonly data: unknown }) => void>()

  tab(): Channel & { close(): void } {
    const self = {
      postMessage: (data: unknown) => {
        for (const [other, hear] of this.tabs) if (other !== self) queueMicrotask(() => hear({ data }))
      },
      addEventListener: (_type: 'message', listener: (event: { readonly data: unknown }) => void) => {
        this.tabs.set(self, listener)
      },
      close: () => this.tabs.delete(self),
    }
    return self
  }
}

let tickets = 0
const newTicket = () => `ticket-${String(++tickets).padStart(6, '0')}`
let air: Air
let here: ChannelLocks
let there: ChannelLocks
let closeThere: () => void

beforeEach(() => {
  air = new Air()
  here = new ChannelLocks(air.tab(), newTicket, TIMES)
  const channel = air.tab()
  there = new ChannelLocks(channel, newTicket, TIMES)
  closeThere = () => channel.close()
})
afterEach(() => {
  tickets = 0
})

describe('locks over a channel', () => {
  test('of many that want a lock at once, in two tabs, one at a time has it, and all get their turn', async () => {
    let inside = 0
    let most = 0
    const done: number[] = []
    const work = (locks: ChannelLocks, k: number) =>
      locks.request('document', {}, async () => {
        most = Math.max(most, ++inside)
        await new Promise((go) => setTimeout(go, 3))
        inside -= 1
        done.push(k)
      })
    await Promise.all([0, 1, 2, 3, 4, 5].map((k) => work(k % 2 === 0 ? here : there, k)))
    expect(most).toBe(1)
    expect(done.sort()).toEqual([0, 1, 2, 3, 4, 5])
  })

  test('a living tab keeps its session; a closed or crashed one loses it', async () => {
    const held = await holdSession(there, 's', 0)
    expect(held).not.toBeNull()
    expect(await holdSession(here, 's', 0)).toBeNull()
    closeThere() // it answers nothing any more
    expect(await holdSession(here, 's', 0)).toMatchObject({ id: 's' })
  })

  test('who waits goes on as soon as the lock is let go, or gives up when its patience ends', async () => {
    const held = await holdSession(there, 's', 0)
    expect(await holdSession(here, 's', 50)).toBeNull()
    const waiting = holdSession(here, 's', 2000)
    held?.release()
    expect(await waiting).toMatchObject({ id: 's' })
  })

  test('a failure inside lets the lock go and reaches the caller', async () => {
    await expect(here.request('d', {}, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(await there.request('d', { ifAvailable: true }, (lock) => lock !== null)).toBe(true)
  })

  test('without a channel the tab keeps order within itself', async () => {
    const alone = new ChannelLocks(null, newTicket, TIMES)
    const order: string[] = []
    const first = alone.request('d', {}, async () => {
      await Promise.resolve()
      order.push('first')
    })
    expect(await alone.request('d', { ifAvailable: true }, (lock) => lock)).toBeNull()
    await Promise.all([first, alone.request('d', {}, () => order.push('second'))])
    expect(order).toEqual(['first', 'second'])
  })
})
