import { beforeEach, describe, expect, test, vi } from 'vitest'

import type { Journal } from '../../src/sync/journal'
import { replaySessions } from '../../src/sync/sessions'
import { FakeServer } from './fakeServer'
import { Browser, change, OWNER, square } from './rig'

let server: FakeServer
let browser: Browser
let count = 0

/** What IndexedDB rejects with when there is no room. */
const quotaExceeded = () => new DOMException('no room', 'QuotaExceededError')

beforeEach(async () => {
  server = new FakeServer()
  browser = await Browser.open(server, `browser-${String(++count)}`)
})

async function journalled(journal: Journal) {
  const sessions = await journal.sessions(OWNER.user)
  return Promise.all(sessions.map((session) => journal.load(session.id)))
}

describe('saving', () => {
  test('a change is in the journal before anything is sent, and leaves it when the server has answered', async () => {
    const { queue } = await browser.tab()
    const release = server.hold()
    queue.record([change(square('a', 0))])
    expect(queue.state).toMatchObject({ kind: 'saving', pending: 1 })
    const sending = queue.flush()
    await expect.poll(() => server.requests.length).toBe(1)
    const [during] = await journalled(browser.journal)
    expect(during?.batch?.body).toEqual(server.requests[0])
    release()
    await sending
    expect(queue.state).toMatchObject({ kind: 'saved', pending: 0 })
    await queue.dispose()
    expect(await journalled(browser.journal)).toEqual([{ entries: [], batch: null }])
    expect(server.get('a')).toMatchObject({ version: 1, polygons: square('a', 0).polygons })
  })

  test('a burst of edits is one request with the last state of each object', async () => {
    const { queue } = await browser.tab()
    for (let x = 0; x < 50; x++) queue.record([change(square('a', x))])
    queue.record([change(square('b', 7))])
    browser.clock.advance(250)
    await queue.flush()
    expect(server.requests).toHaveLength(1)
    expect(server.requests[0]?.put.map((item) => [item.id, item.polygons?.[0]?.[0]?.[0]])).toEqual([
      ['a', 49],
      ['b', 7],
    ])
  })

  test('an object that was drawn and deleted before it was sent never reaches the server', async () => {
    const { queue } = await browser.tab()
    queue.record([change(square('a', 0))])
    queue.record([{ id: 'a', value: null }])
    await queue.flush()
    expect(server.requests).toHaveLength(0)
    expect(queue.state.kind).toBe('saved')
  })

  test('an edit made while its object is being sent goes next, on the version that the answer gave', async () => {
    const { queue } = await browser.tab()
    queue.record([change(square('a', 0))])
    const release = server.hold()
    const sending = queue.flush()
    await expect.poll(() => server.requests.length).toBe(1)
    queue.record([change(square('a', 5))])
    release()
    await sending
    expect(server.requests.map((body) => body.put.map((item) => item.base))).toEqual([[null], [1]])
    expect(server.get('a')?.version).toBe(2)
  })

  test('deleting an object while its first version is on the way deletes it on the server too', async () => {
    const { queue } = await browser.tab()
    queue.record([change(square('a', 0))])
    const release = server.hold()
    const sending = queue.flush()
    await expect.poll(() => server.requests.length).toBe(1)
    queue.record([{ id: 'a', value: null }])
    release()
    await sending
    expect(server.ids()).toEqual([])
    expect(server.requests[1]?.delete).toEqual([{ id: 'a', base: 1 }])
  })

  test('a deletion that was undone after it was saved brings the object back', async () => {
    const { queue } = await browser.tab()
    queue.record([change(square('a', 0))])
    await queue.flush()
    queue.record([{ id: 'a', value: null }])
    await queue.flush()
    expect(server.ids()).toEqual([])
    queue.record([change(square('a', 0))])
    await queue.flush()
    expect(server.ids()).toEqual(['a'])
  })
})

describe('faults', () => {
  test('an answer lost after the server applied the change is asked for again under the same key', async () => {
    const { queue } = await browser.tab()
    queue.record([change(square('a', 0))])
    server.fault = 'lose-answer'
    await queue.flush()
    expect(queue.state).toMatchObject({ kind: 'offline', pending: 1 })
    server.fault = null
    browser.clock.advance(1000)
    await queue.flush()
    expect(new Set(server.requests.map((body) => body.key)).size).toBe(1)
    expect(server.requests).toHaveLength(2)
    expect(server.revision).toBe(1)
    expect(queue.state.kind).toBe('saved')
  })

  test('the waits between tries grow and are bounded', async () => {
    const { queue } = await browser.tab()
    server.fault = 'offline'
    queue.record([change(square('a', 0))])
    const waits: (number | null)[] = []
    for (let i = 0; i < 8; i++) {
      await queue.flush()
      waits.push(browser.clock.next)
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
  })

  test('edits made while offline wait for the retry instead of hammering', async () => {
    const { queue } = await browser.tab()
    server.fault = 'offline'
    queue.record([change(square('a', 0))])
    await queue.flush()
    queue.record([change(square('b', 0))])
    expect(browser.clock.next).toBe(1000)
    expect(queue.state).toMatchObject({ kind: 'offline', pending: 2 })
    server.fault = null
    queue.resume()
    await queue.flush()
    expect(server.ids()).toEqual(['a', 'b'])
  })

  test('an expired sign-in keeps the work, stops sending, and goes on after signing in', async () => {
    const { queue } = await browser.tab()
    server.fault = 'signed-out'
    queue.record([change(square('a', 0))])
    await queue.flush()
    expect(queue.state).toMatchObject({ kind: 'blocked', blocked: 'signed-out', pending: 1 })
    queue.record([change(square('b', 0))])
    await queue.flush()
    expect(server.requests).toHaveLength(1)
    server.fault = null
    queue.resume()
    await queue.flush()
    expect(server.ids()).toEqual(['a', 'b'])
    expect(queue.state.kind).toBe('saved')
  })

  test('a closed image keeps the work until it is reopened', async () => {
    const { queue } = await browser.tab()
    server.fault = 'image-closed'
    queue.record([change(square('a', 0))])
    await queue.flush()
    expect(queue.state.blocked).toBe('image-closed')
    server.fault = null
    queue.resume()
    await queue.flush()
    expect(server.ids()).toEqual(['a'])
  })

  test('objects that the server refuses are named and kept; the others go through', async () => {
    const { queue } = await browser.tab()
    server.refuses = (object) => (object.id === 'bad' ? 'ring crosses itself' : null)
    queue.record([change(square('a', 0)), change(square('bad', 1)), change(square('c', 2))])
    await queue.flush()
    expect(server.ids()).toEqual(['a', 'c'])
    expect([...queue.state.problems]).toEqual([['bad', 'ring crosses itself']])
    expect(queue.state.pending).toBe(0)
    server.refuses = () => null
    queue.record([change(square('bad', 3))])
    await queue.flush()
    expect(server.ids()).toEqual(['a', 'bad', 'c'])
    expect(queue.state.problems.size).toBe(0)
  })

  test('a refused object is offered again when what was in its way is gone', async () => {
    const { queue } = await browser.tab()
    queue.record([change(square('a', 0))])
    await queue.flush()
    server.refuses = (object) => (object.id === 'b' && server.ids().includes('a') ? 'shares pixels' : null)
    queue.record([change(square('b', 5))])
    await queue.flush()
    expect([...queue.state.problems.keys()]).toEqual(['b'])
    queue.record([{ id: 'a', value: null }])
    await queue.flush()
    expect([...queue.state.problems.keys()], 'not of itself').toEqual(['b'])
    queue.retryRefused()
    expect(queue.state.pending).toBe(1)
    await queue.flush()
    expect(server.ids()).toEqual(['b'])
    expect(queue.state.problems.size).toBe(0)
  })

  test('a refusal that names no object is narrowed down to the one at fault', async () => {
    const { queue } = await browser.tab()
    server.namesObjects = false
    server.refuses = (object) => (object.id === 'n13' ? 'no' : null)
    queue.record(Array.from({ length: 20 }, (_, i) => change(square(`n${String(i)}`, i))))
    await queue.flush()
    expect(server.ids()).toHaveLength(19)
    expect([...queue.state.problems.keys()]).toEqual(['n13'])
  })

  test('a change set that is too large is sent in parts', async () => {
    const { queue } = await browser.tab()
    server.maxObjects = 3
    queue.record(Array.from({ length: 10 }, (_, i) => change(square(`n${String(i)}`, i))))
    await queue.flush()
    expect(server.ids()).toHaveLength(10)
    expect(queue.state.kind).toBe('saved')
  })

  test('a browser without a journal says so and still saves', async () => {
    const tab = await browser.tab()
    browser.journal.close()
    tab.queue.record([change(square('a', 0))])
    await tab.queue.flush()
    expect(tab.queue.state.journal).toBe('failed')
    expect(server.ids()).toEqual(['a'])
  })

  test('a full disk is told, and once there is room the journal holds everything again', async () => {
    const tab = await browser.tab()
    server.fault = 'offline'
    tab.queue.record([change(square('a', 0)), change(square('b', 0))])
    await tab.queue.flush()
    const write = vi.spyOn(browser.journal, 'write').mockRejectedValueOnce(quotaExceeded())
    const replace = vi.spyOn(browser.journal, 'replace').mockRejectedValueOnce(quotaExceeded())
    tab.queue.record([change(square('c', 0)), { id: 'a', value: null }])
    await tab.queue.flush()
    expect(tab.queue.state.journal).toBe('full')
    tab.queue.mendJournal()
    await tab.queue.flush()
    expect(tab.queue.state.journal).toBe('full')
    expect([write.mock.calls.length, replace.mock.calls.length]).toEqual([1, 1])
    tab.queue.mendJournal()
    await tab.queue.flush()
    expect(tab.queue.state.journal).toBe('kept')
    browser.kill(tab)
    server.fault = null
    const next = await browser.tab()
    await next.queue.flush()
    expect(server.ids()).toEqual(['b', 'c'])
  })
})

describe('the next visit', () => {
  test('a tab that crashed between the journal and the network loses nothing', async () => {
    const first = await browser.tab()
    server.fault = 'offline'
    first.queue.record([change(square('a', 3))])
    await first.queue.dispose()
    browser.kill(first)
    server.fault = null
    const second = await browser.tab()
    expect(second.overlay.put).toEqual([square('a', 3)])
    await second.queue.flush()
    expect(server.get('a')).toMatchObject({ version: 1 })
  })

  test('a tab that crashed after the server applied its change replays the same key and changes nothing twice', async () => {
    const first = await browser.tab()
    first.queue.record([change(square('a', 3))])
    server.fault = 'lose-answer'
    await first.queue.flush()
    first.queue.record([change(square('a', 4))])
    await first.queue.dispose()
    browser.kill(first)
    server.fault = null
    const second = await browser.tab()
    expect(second.overlay.put).toEqual([square('a', 4)])
    await second.queue.flush()
    expect(server.requests.map((body) => body.key)[0]).toBe(server.requests.map((body) => body.key)[1])
    expect(server.revision).toBe(2)
    expect(server.get('a')?.polygons).toEqual(square('a', 4).polygons)
    expect(second.conflicts).toEqual([])
  })

  test('a replayed batch that others have overtaken shows the newest state', async () => {
    const first = await browser.tab()
    first.queue.record([change(square('a', 3))])
    server.fault = 'lose-answer'
    await first.queue.flush()
    await first.queue.dispose()
    browser.kill(first)
    server.fault = null
    server.byOther([square('a', 99)])
    const second = await browser.tab()
    await second.queue.flush()
    await expect
      .poll(() => second.remote.flatMap((item) => item.put))
      .toEqual([{ ...square('a', 99), version: 2 }])
    second.queue.record([change(square('a', 100))])
    await second.queue.flush()
    expect(second.conflicts).toEqual([])
    expect(server.get('a')?.version).toBe(3)
  })

  test('pending changes of other images are sent without opening them', async () => {
    const first = await browser.tab()
    server.fault = 'offline'
    first.queue.record([change(square('a', 3))])
    await first.queue.dispose()
    expect(await replaySessions(browser.around, OWNER.user, null)).toBe(0)
    browser.kill(first)
    expect(await replaySessions(browser.around, OWNER.user, null)).toBe(1)
    server.fault = null
    expect(await replaySessions(browser.around, 'somebody-else', null)).toBe(0)
    expect(server.ids()).toEqual([])
    expect(await replaySessions(browser.around, OWNER.user, null)).toBe(0)
    expect(server.ids()).toEqual(['a'])
    expect(await browser.journal.sessions(OWNER.user)).toEqual([])
  })

  test('leaving the page sends what fits in a last request', async () => {
    const { queue } = await browser.tab()
    queue.record([change(square('a', 3))])
    queue.leave()
    await expect.poll(() => server.ids()).toEqual(['a'])
    expect(server.keepalives).toHaveLength(1)
    await queue.flush()
    expect(server.revision).toBe(1)
    expect(queue.state.kind).toBe('saved')
  })
})

describe('two people', () => {
  test('objects that only one of them touched merge', async () => {
    const mine = await browser.tab()
    server.byOther([square('theirs', 50)])
    mine.queue.record([change(square('mine', 0))])
    await mine.queue.flush()
    expect(server.ids()).toEqual(['mine', 'theirs'])
    expect(mine.remote).toEqual([{ put: [{ ...square('theirs', 50), version: 1 }], delete: [] }])
    expect(mine.conflicts).toEqual([])
  })

  test('an object that both changed is kept twice: theirs under its id, mine under a new one', async () => {
    server.byOther([square('a', 0), square('b', 0)])
    const mine = await browser.tab()
    server.byOther([square('a', 50)])
    mine.queue.record([change(square('a', 20)), change(square('b', 5))])
    await mine.queue.flush()
    const [conflict] = mine.conflicts
    expect(mine.conflicts).toHaveLength(1)
    expect(conflict).toMatchObject({
      id: 'a',
      mine: square('a', 20),
      theirs: { ...square('a', 50), version: 2 },
    })
    expect(server.get('a')?.polygons).toEqual(square('a', 50).polygons)
    expect(server.get(conflict?.copy ?? '')?.polygons).toEqual(square('a', 20).polygons)
    expect(server.get('b')?.polygons).toEqual(square('b', 5).polygons)
    expect(mine.remote[0]?.put.map((object) => object.id)).toEqual([conflict?.copy, 'a'])
  })

  test('edits made during the conflict follow my copy', async () => {
    server.byOther([square('a', 0)])
    const mine = await browser.tab()
    server.byOther([square('a', 50)])
    mine.queue.record([change(square('a', 20))])
    const sending = mine.queue.flush()
    mine.queue.record([change(square('a', 21))])
    await sending
    expect(server.get(mine.conflicts[0]?.copy ?? '')?.polygons).toEqual(square('a', 21).polygons)
  })

  test('my deletion of an object that they changed is dropped and told', async () => {
    server.byOther([square('a', 0)])
    const mine = await browser.tab()
    server.byOther([square('a', 50)])
    mine.queue.record([{ id: 'a', value: null }])
    await mine.queue.flush()
    expect(mine.conflicts).toMatchObject([{ id: 'a', copy: null, mine: null }])
    expect(server.ids()).toEqual(['a'])
    expect(mine.remote).toMatchObject([{ put: [square('a', 50)], delete: [] }])
  })

  test('my change of an object that they deleted lives on under a new id', async () => {
    server.byOther([square('a', 0)])
    const mine = await browser.tab()
    server.byOther([], ['a'])
    mine.queue.record([change(square('a', 20))])
    await mine.queue.flush()
    expect(server.ids()).toEqual([mine.conflicts[0]?.copy])
    expect(mine.remote[0]?.delete).toEqual(['a'])
  })

  test('the same change made by both is no conflict', async () => {
    server.byOther([square('a', 0)])
    const mine = await browser.tab()
    server.byOther([square('a', 50)])
    mine.queue.record([change(square('a', 50))])
    await mine.queue.flush()
    expect(mine.conflicts).toEqual([])
    expect(server.ids()).toEqual(['a'])
    expect(mine.queue.state.kind).toBe('saved')
  })

  test('polling brings in what others did, and leaves my unsent objects alone', async () => {
    server.byOther([square('a', 0), square('b', 0), square('c', 0)])
    const mine = await browser.tab()
    server.byOther([square('a', 50), square('b', 50)], ['c'])
    mine.queue.record([change(square('b', 7))])
    await mine.queue.poll()
    expect(mine.remote).toEqual([{ put: [{ ...square('a', 50), version: 2 }], delete: ['c'] }])
    expect(mine.queue.currentRevision).toBe(2)
    mine.remote.length = 0
    await mine.queue.poll()
    expect(mine.remote).toEqual([])
  })
})

describe('two tabs', () => {
  test('each keeps its own journal and neither sends for the other', async () => {
    const left = await browser.tab()
    const right = await browser.tab()
    expect(left.held.id).not.toBe(right.held.id)
    left.queue.record([change(square('left', 0))])
    right.queue.record([change(square('right', 0))])
    await Promise.all([left.queue.flush(), right.queue.flush()])
    expect(server.ids()).toEqual(['left', 'right'])
    expect(server.requests.map((body) => body.put.length)).toEqual([1, 1])
  })

  test('a document has one request in flight, whichever tab it comes from', async () => {
    const left = await browser.tab()
    const right = await browser.tab()
    const release = server.hold()
    left.queue.record([change(square('left', 0))])
    right.queue.record([change(square('right', 0))])
    const done = Promise.all([left.queue.flush(), right.queue.flush()])
    await expect.poll(() => server.requests.length).toBe(1)
    await Promise.resolve()
    expect(server.requests).toHaveLength(1)
    release()
    await done
    expect(server.requests).toHaveLength(2)
  })

  test('a restore is taken over as my own saved change: nothing is sent, and its undo has the right base', async () => {
    server.byOther([square('a', 0), square('b', 0)])
    const mine = await browser.tab()
    const put = [{ ...square('a', 50), version: 2 }]
    const answer = { revision: 2, versions: { a: 2 }, others: { put, delete: ['b'] } }
    expect(mine.queue.takeOver(answer, 1)).toEqual({ put, delete: ['b'] })
    expect([mine.queue.currentRevision, mine.queue.state.kind]).toEqual([2, 'saved'])
    expect(mine.remote).toEqual([])
    server.byOther([square('a', 50)], ['b'])
    mine.queue.record([change(square('a', 0)), change(square('b', 0))])
    await mine.queue.flush()
    expect(mine.conflicts).toEqual([])
    expect(server.requests.at(-1)?.put.map(({ id, base }) => [id, base])).toEqual([
      ['a', 2],
      ['b', null],
    ])
  })

  test('a restore is not taken over once the queue has moved on', async () => {
    server.byOther([square('a', 0)])
    const mine = await browser.tab()
    const answer = { revision: 2, versions: {}, others: { put: [], delete: ['a'] } }
    expect(mine.queue.takeOver(answer, 0)).toBeNull()
    mine.queue.record([change(square('c', 0))])
    expect(mine.queue.takeOver(answer, 1)).toBeNull()
    expect(mine.queue.currentRevision).toBe(1)
  })

  test('a head that is known already is not asked for', async () => {
    server.byOther([square('a', 0)])
    const mine = await browser.tab()
    server.head = () => Promise.reject(new Error('asked'))
    await mine.queue.poll(1)
    server.byOther([square('b', 0)])
    await mine.queue.poll(2)
    expect(mine.remote.flatMap((item) => item.put.map(({ id }) => id))).toEqual(['b'])
  })
})
