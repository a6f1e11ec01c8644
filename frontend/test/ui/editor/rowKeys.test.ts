/** Keys in the list of objects. */
import { expect, test } from 'vitest'

import { rowFor } from '@/ui/editor/rowKeys'

test.each([
  ['ArrowDown', 3, 4],
  ['ArrowDown', 9, 9],
  ['ArrowUp', 0, 0],
  ['ArrowUp', 5, 4],
  ['Home', 5, 0],
  ['End', 5, 9],
])('%s from row %i of ten leads to %i', (key, at, to) => {
  expect(rowFor(key, at, 10)).toBe(to)
})

test('other keys, and keys in an empty list, lead nowhere', () => {
  expect(rowFor('PageDown', 3, 10)).toBeNull()
  expect(rowFor('Home', 0, 0)).toBeNull()
})
