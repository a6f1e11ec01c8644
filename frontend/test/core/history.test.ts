import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { newRecord, withFields, withGeometry, type AnnotationRecord } from '@/core/document'
import { History } from '@/core/history'
import { DocumentStore } from '@/core/store'

function box(id: string, x = 0): AnnotationRecord {
  return newRecord({ id, classIndex: 1 }, { kind: 'box', box: [x, 0, x + 1, 1] })
}

function setUp(...records: AnnotationRecord[]) {
  const store = new DocumentStore(records)
  const history = new History(store)
  const move = (id: string, x: number, source: 'user' | 'remote' = 'user') =>
    store.transact(source, (t) =>
      t.update(id, (r) => withGeometry(r, { kind: 'box', box: [x, 0, x + 1, 1] })),
    )
  const change = (id: string, fields: Parameters<typeof withFields>[1], source: 'user' | 'remote' = 'user') =>
    store.transact(source, (t) => t.update(id, (r) => withFields(r, fields)))
  const x = (id: string) => {
    const record = store.get(id)
    return record?.kind === 'box' ? record.box[0] : undefined
  }
  return { store, history, move, change, x }
}

describe('undo and redo', () => {
  test('all changes between two marks are one step', () => {
    const { history, move, x } = setUp(box('a'))
    history.mark('drag')
    for (let k = 1; k <= 100; k++) move('a', k)
    history.mark('nudge')
    move('a', 200)
    expect(history.state).toEqual({ canUndo: true, canRedo: false, undoLabel: 'nudge', redoLabel: null })
    history.undo()
    expect(x('a')).toBe(100)
    expect(history.undo()?.label).toBe('drag')
    expect(x('a')).toBe(0)
    expect(history.undo()).toBeNull()
    history.redo()
    history.redo()
    expect(x('a')).toBe(200)
    expect(history.redo()).toBeNull()
  })

  test('a new change forgets what could be redone', () => {
    const { history, move, x } = setUp(box('a'))
    move('a', 1)
    history.undo()
    move('a', 5)
    expect(history.canRedo).toBe(false)
    expect(x('a')).toBe(5)
  })

  test('the oldest steps are dropped beyond the limit', () => {
    const store = new DocumentStore([box('a')])
    const history = new History(store, 3)
    for (let k = 1; k <= 5; k++) {
      history.mark()
      store.transact('user', (t) => t.put(box('a', k)))
    }
    let steps = 0
    while (history.undo() !== null) steps++
    expect(steps).toBe(3)
  })

  test('cancel takes back what was done since the mark and leaves the step before', () => {
    const { history, move, x } = setUp(box('a'))
    move('a', 1)
    history.mark('drag')
    move('a', 2)
    history.cancel()
    expect(x('a')).toBe(1)
    expect(history.state).toMatchObject({ canUndo: true, canRedo: false })
    history.undo()
    expect(x('a')).toBe(0)
  })

  test('undoing everything gives the first state, redoing everything the last', () => {
    const operation = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('put', 'remove', 'mark'))
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 30 }), (operations) => {
        const start = [box('a'), box('b')]
        const { store, history } = setUp(...start)
        operations.forEach(([id, what], k) => {
          if (what === 'mark') history.mark()
          else if (what === 'put') store.transact('user', (t) => t.put(box(id, k + 1)))
          else store.transact('user', (t) => t.remove(id))
        })
        const end = new Map(store.records)
        while (history.undo() !== null);
        expect(new Map(store.records)).toEqual(new Map(start.map((record) => [record.id, record])))
        while (history.redo() !== null);
        expect(new Map(store.records)).toEqual(end)
      }),
    )
  })
})

describe('with changes from others', () => {
  test('remote changes are not undone', () => {
    const { history, move, x } = setUp(box('a'), box('b'))
    move('a', 5)
    move('b', 7, 'remote')
    history.undo()
    expect([x('a'), x('b')]).toEqual([0, 7])
    expect(history.canUndo).toBe(false)
  })

  test('a saved version number does not stand in the way of undo, and is kept', () => {
    const { store, history, move, change, x } = setUp({ ...box('a'), version: 3, created: 1 })
    move('a', 5)
    change('a', { version: 4 }, 'remote')
    const result = history.undo()
    expect(result?.skipped).toEqual([])
    expect(x('a')).toBe(0)
    expect(store.get('a')?.version).toBe(4)
  })

  test('undo of one field keeps what others did to another field', () => {
    const { store, history, move, change, x } = setUp(box('a'))
    change('a', { classIndex: 2 })
    move('a', 9, 'remote')
    history.undo()
    expect(store.get('a')?.classIndex).toBe(1)
    expect(x('a')).toBe(9)
    history.redo()
    expect(store.get('a')?.classIndex).toBe(2)
    expect(x('a')).toBe(9)
  })

  test('an object whose same field others changed is skipped, the rest of the step is undone', () => {
    const { store, history, move, x } = setUp(box('a'), box('b'))
    history.mark('move both')
    move('a', 5)
    move('b', 5)
    move('a', 9, 'remote')
    const result = history.undo()
    expect(result?.skipped).toEqual(['a'])
    expect([x('a'), x('b')]).toEqual([9, 0])
    history.redo()
    expect([x('a'), x('b')]).toEqual([9, 5])
    expect(store.size).toBe(2)
  })

  test('a step of which nothing can be undone is passed over', () => {
    const { history, move, x } = setUp(box('a'), box('b'))
    history.mark('first')
    move('b', 4)
    history.mark('second')
    move('a', 5)
    move('a', 9, 'remote')
    expect(history.undo()?.label).toBe('first')
    expect([x('a'), x('b')]).toEqual([9, 0])
  })

  test('an object that others deleted is not brought back by undoing a change to it', () => {
    const { store, history, move } = setUp(box('a'))
    move('a', 5)
    store.transact('remote', (t) => t.remove('a'))
    expect(history.undo()).toBeNull()
    expect(store.has('a')).toBe(false)
  })

  test('undoing the drawing of an object that others changed since does not delete their work', () => {
    const { store, history, move } = setUp()
    store.transact('user', (t) => t.put(box('a')))
    move('a', 5, 'remote')
    expect(history.undo()).toBeNull()
    expect(store.has('a')).toBe(true)
  })

  test('undoing a deletion brings the object back once', () => {
    const { store, history } = setUp(box('a'))
    store.transact('user', (t) => t.remove('a'))
    history.undo()
    expect(store.get('a')).toEqual(box('a'))
    store.transact('user', (t) => t.remove('a'))
    store.transact('remote', (t) => t.put(box('a', 3)))
    expect(history.undo()).toBeNull()
    expect(store.get('a')).toEqual(box('a', 3))
  })
})
