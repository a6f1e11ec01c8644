/** Settings that follow the person: what is sent when, what wins, and that nobody sees another person's. */
import { describe, expect, test } from 'vitest'

import { PREFERENCE_STORE, PreferenceStore, type Values } from '@/sync/preferences'

function rig(kept: string | null = null) {
  const cells = new Map<string, string>(kept === null ? [] : [[PREFERENCE_STORE, kept]])
  const sent: { changed: Values; keepalive: boolean }[] = []
  const timers: (() => void)[] = []
  const box = { online: true }
  const make = () =>
    new PreferenceStore({
      storage: {
        getItem: (key) => cells.get(key) ?? null,
        setItem: (key, value) => void cells.set(key, value),
      },
      send: (changed, { keepalive }) => {
        if (!box.online) return Promise.reject(new Error('offline'))
        sent.push({ changed, keepalive })
        return Promise.resolve()
      },
      after: (_milliseconds, run) => {
        timers.push(run)
        return () => void timers.splice(timers.indexOf(run), 1)
      },
    })
  const fire = async () => {
    for (const run of timers.splice(0)) run()
    await Promise.resolve()
    await Promise.resolve()
  }
  return { make, sent, timers, cells, box, fire }
}

test.each(['{', '7', '{"values":null}', '{"user":"u","values":{},"unsent":null}'])(
  'a copy that says %s is none',
  (text) => {
    const store = rig(text).make()
    expect(store.get('theme')).toBeUndefined()
    store.set('theme', 'dark')
    expect(store.get('theme')).toBe('dark')
  },
)

describe('a preference', () => {
  test('is sent once for many changes in a row, with the last value', async () => {
    const { make, sent, timers, fire } = rig()
    const store = make()
    store.adopt('ana', {})
    for (const opacity of [0.1, 0.2, 0.3]) store.set('view', { opacity })
    expect(timers).toHaveLength(1)
    await fire()
    expect(sent).toEqual([{ changed: { view: { opacity: 0.3 } }, keepalive: false }])
    await store.flush()
    expect(sent).toHaveLength(1)
  })

  test('of the account replaces the copy of this browser', () => {
    const { make } = rig()
    make().adopt('ana', { view: { opacity: 0.9 }, old: 1 })
    const next = make()
    expect(next.get('view')).toEqual({ opacity: 0.9 })
    next.adopt('ana', { view: { opacity: 0.4 } })
    expect(next.get('view')).toEqual({ opacity: 0.4 })
    expect(next.get('old')).toBeUndefined()
  })

  test('that could not be sent wins over the account and is sent at the next visit', async () => {
    const { make, sent, box, fire } = rig()
    const first = make()
    first.adopt('ana', { view: 1 })
    box.online = false
    first.set('view', 2)
    await fire()
    box.online = true
    const second = make()
    second.adopt('ana', { view: 1, theme: 'dark' })
    expect(second.get('view')).toBe(2)
    expect(second.get('theme')).toBe('dark')
    await fire()
    expect(sent).toEqual([{ changed: { view: 2 }, keepalive: false }])
  })

  test('changed while it is being sent is sent again', async () => {
    const { make, sent, fire } = rig()
    const store = make()
    store.adopt('ana', {})
    store.set('size', 1)
    const flushing = store.flush()
    store.set('size', 2)
    await flushing
    await fire()
    expect(sent.map((each) => each.changed)).toEqual([{ size: 1 }, { size: 2 }])
  })

  test('put back to the usual value is removed from the account', async () => {
    const { make, sent } = rig()
    const store = make()
    store.adopt('ana', { view: 1, theme: 'dark' })
    store.set('view', null)
    expect(store.get('view')).toBeUndefined()
    await store.flush({ keepalive: true })
    expect(sent).toEqual([{ changed: { view: null }, keepalive: true }])
  })

  test('of one person is not seen by, nor sent for, the next one at the same computer', async () => {
    const { make, sent, box } = rig()
    const store = make()
    store.adopt('ana', { view: 1 })
    box.online = false
    store.set('view', 2)
    await store.flush()
    box.online = true
    store.adopt('bruno', { theme: 'light' })
    expect(store.get('view')).toBeUndefined()
    await store.flush()
    expect(sent).toEqual([])
  })

  test('chosen before anybody was known belongs to the person who signs in', async () => {
    const { make, sent } = rig()
    const store = make()
    store.set('theme', 'dark')
    await store.flush()
    expect(sent).toEqual([])
    store.adopt('ana', {})
    await store.flush()
    expect(sent).toEqual([{ changed: { theme: 'dark' }, keepalive: false }])
  })

  test('survives a copy that is not readable', () => {
    const { make } = rig('{broken')
    expect(make().get('view')).toBeUndefined()
  })
})
