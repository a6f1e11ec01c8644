/** The arrow keys in the tool rail go where the eye goes. */
import { expect, test } from 'vitest'

import { neighbourOf, placesOf } from '@/ui/editor/tools/railLayout'

// a b
// c
// ---
// d e
const GROUPS = [
  ['a', 'b', 'c'],
  ['d', 'e'],
]

test('each group begins a new row', () => {
  expect(placesOf(GROUPS).map(({ name, row, column }) => [name, row, column])).toEqual([
    ['a', 0, 0],
    ['b', 0, 1],
    ['c', 1, 0],
    ['d', 2, 0],
    ['e', 2, 1],
  ])
})

test.each([
  ['a', 'ArrowRight', 'b'],
  ['b', 'ArrowRight', 'c'],
  ['e', 'ArrowRight', 'a'],
  ['a', 'ArrowLeft', 'e'],
  ['a', 'ArrowDown', 'c'],
  ['b', 'ArrowDown', 'c'],
  ['c', 'ArrowDown', 'd'],
  ['e', 'ArrowDown', 'b'],
  ['a', 'ArrowUp', 'd'],
  ['e', 'ArrowUp', 'c'],
  ['c', 'Home', 'a'],
  ['c', 'End', 'e'],
])('from %s, %s leads to %s', (from, key, to) => {
  expect(neighbourOf(GROUPS, from, key)).toBe(to)
})

test('other keys lead nowhere', () => {
  expect(neighbourOf(GROUPS, 'a', 'p')).toBeNull()
  expect(neighbourOf(GROUPS, 'nothing', 'ArrowDown')).toBeNull()
})
