import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { invert, isEmptyDiff, squash, type Diff } from '@/core/diff'
import { newRecord, withFields, type AnnotationRecord } from '@/core/document'
import { DocumentStore, type ChangeEvent } from '@/core/store'

function box(id: string, x = 0): AnnotationRecord {
  return newRecord({ id, classIndex: 1 }, { kind: 'box', box: [x, 0, x + 1, 1] })
}

function listen(store: DocumentStore): ChangeEvent[] {
  const events: ChangeEvent[] = []
  store.subscribe((event) => events.push(event))
  return events
}

describe('DocumentStore', () => {
  test('a transaction emits one diff with what was added, updated and removed', () => {
    const [a, b] = [box('a'), box('b')]
    const store = new DocumentStore([a, b])
    const events = listen(store)
    const c = box('c')
    store.transact('user', (transaction) => {
      transaction.put(c)
      transaction.update('a', (record) => withFields(record, { classIndex: 2 }))
      transaction.update('a', (record) => withFields(record, { z: 3 }))
      transaction.remove('b')
      transaction.remove('not there')
    })
    const changed = store.get('a')!
    expect([changed.classIndex, changed.z]).toEqual([2, 3])
    expect(events).toEqual([
      { source: 'user', diff: { added: { c }, updated: { a: [a, changed] }, removed: { b } } },
    ])
    expect(a.classIndex).toBe(1)
  })

  test('what is added and removed within a transaction leaves no trace', () => {
    const store = new DocumentStore()
    const events = listen(store)
    store.transact('user', (transaction) => {
      transaction.put(box('a'))
      transaction.remove('a')
    })
    expect(events).toEqual([])
  })

  test('an error takes the whole transaction back', () => {
    const a = box('a')
    const store = new DocumentStore([a])
    const events = listen(store)
    expect(() =>
      store.transact('user', (transaction) => {
        transaction.remove('a')
        transaction.put(box('b'))
        transaction.update('missing', (record) => record)
      }),
    ).toThrow(RangeError)
    expect([...store.records.values()]).toEqual([a])
    expect(events).toEqual([])
  })

  test('a nested transaction joins the outer one', () => {
    const store = new DocumentStore()
    const events = listen(store)
    store.transact('remote', (transaction) => {
      transaction.put(box('a'))
      store.transact('user', (inner) => inner.put(box('b')))
    })
    expect(events.map(({ source, diff }) => [source, Object.keys(diff.added)])).toEqual([
      ['remote', ['a', 'b']],
    ])
  })

  test('every listener sees events in the order they happened, also when a listener makes changes', () => {
    const store = new DocumentStore()
    store.subscribe(({ diff }) => {
      if ('a' in diff.added) store.transact('user', (transaction) => transaction.put(box('b')))
    })
    const events = listen(store)
    store.transact('user', (transaction) => transaction.put(box('a')))
    expect(events.map(({ diff }) => Object.keys(diff.added))).toEqual([['a'], ['b']])
  })

  test('the drawing order is by z, revision and id, and stays one array until something changes', () => {
    const store = new DocumentStore([
      { ...box('b'), created: 1 },
      { ...box('a'), created: 1 },
      { ...box('c'), z: -1 },
      box('new'),
    ])
    expect(store.ordered().map(({ id }) => id)).toEqual(['c', 'a', 'b', 'new'])
    expect(store.ordered()).toBe(store.ordered())
  })

  test('loading another revision emits the difference as a remote change', () => {
    const [a, b, c] = [box('a'), box('b'), box('c')]
    const store = new DocumentStore([a, b])
    const events = listen(store)
    store.load([a, c])
    expect(events).toEqual([{ source: 'remote', diff: { added: { c }, updated: {}, removed: { b } } }])
  })

  test('a listener that was taken off hears nothing more', () => {
    const store = new DocumentStore()
    let heard = 0
    const stop = store.subscribe(() => heard++)
    store.transact('user', (transaction) => transaction.put(box('a')))
    stop()
    store.transact('user', (transaction) => transaction.put(box('b')))
    expect(heard).toBe(1)
  })
})

describe('diffs', () => {
  const operations = fc.array(
    fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.constantFrom('put', 'remove')), {
      minLength: 1,
    }),
    { minLength: 1, maxLength: 8 },
  )

  function run(store: DocumentStore, steps: [string, string][][]): Diff[] {
    let x = 0
    return steps.map((step) =>
      store.transact('user', (transaction) => {
        for (const [id, what] of step) {
          if (what === 'put') transaction.put(box(id, ++x))
          else transaction.remove(id)
        }
      }),
    )
  }

  test('squashed diffs have the effect of all, and the inverse takes them back', () => {
    fc.assert(
      fc.property(operations, (steps) => {
        const start = [box('a'), box('b')]
        const store = new DocumentStore(start)
        const diff = squash(run(store, steps))
        const replayed = new DocumentStore(start)
        replayed.apply(diff, 'user')
        expect(new Map(replayed.records)).toEqual(new Map(store.records))
        replayed.apply(invert(diff), 'user')
        expect(new Map(replayed.records)).toEqual(new Map(start.map((record) => [record.id, record])))
      }),
    )
  })

  test('changes that cancel out leave an empty diff', () => {
    const a = box('a')
    const away: Diff = { added: {}, updated: {}, removed: { a } }
    expect(isEmptyDiff(squash([away, invert(away)]))).toBe(true)
  })
})
