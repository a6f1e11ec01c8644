/** One place up or down passes the next object that shares room, and sorting gives the order that was asked for. */
import { expect, test } from 'vitest'

import { type AnnotationRecord, compareOrder } from '../../src/core/document'
import { orderChanges, shifted } from '../../src/core/stacking'
import { square } from '../tools/objects'

const at = (id: string, created: number, x = 0, z = 0): AnnotationRecord => ({
  ...square(id, x, 0),
  created,
  z,
})
const sorted = (records: readonly AnnotationRecord[]) => [...records].sort(compareOrder)

/** The order after the move, by sorting with the z that it gave. */
function moved(records: readonly AnnotationRecord[], chosen: string[], to: 'up' | 'down'): string {
  const changes = orderChanges(shifted(sorted(records), new Set(chosen), to))
  const after = records.map((record) => ({ ...record, z: changes.get(record.id) ?? record.z }))
  return sorted(after)
    .map((record) => record.id)
    .join('')
}

const stack = [at('a', 1), at('b', 2), at('c', 3), at('d', 4)]

test('up passes one, down passes one, the ends stay', () => {
  expect(moved(stack, ['b'], 'up')).toBe('acbd')
  expect(moved(stack, ['b'], 'down')).toBe('bacd')
  expect(moved(stack, ['d'], 'up')).toBe('abcd')
  expect(moved(stack, ['a'], 'down')).toBe('abcd')
})

test('several keep their order and pass the next other one', () => {
  expect(moved(stack, ['a', 'b'], 'up')).toBe('cabd')
  expect(moved(stack, ['b', 'd'], 'up')).toBe('acbd')
})

test('an object that does not share room is passed with the next one that does', () => {
  const records = [at('a', 1), at('b', 2, 50), at('c', 3)]
  expect(moved(records, ['a'], 'up')).toBe('bca')
})

test('objects that were never saved, of one age, are told apart by z', () => {
  const fresh = ['a', 'b', 'c'].map((id) => at(id, Number.MAX_SAFE_INTEGER))
  expect(moved(fresh, ['c'], 'down')).toBe('acb')
})

test('nothing changes where the order is right already', () => {
  expect(orderChanges(stack).size).toBe(0)
})
