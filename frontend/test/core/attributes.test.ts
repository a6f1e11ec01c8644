/** Attributes by the schema of a class: defaults, another class, what is missing, and many objects at once. */
import { describe, expect, test } from 'vitest'

import { type AttributeSpec, common, fitted, isAllowed, missingRequired } from '@/core/attributes'

const cut: AttributeSpec = { name: 'cut', type: 'checkbox', default: false }
const view: AttributeSpec = { name: 'view', type: 'select', options: ['front', 'side'], required: true }
const age: AttributeSpec = { name: 'age', type: 'number', default: 3 }
const note: AttributeSpec = { name: 'note', type: 'text', required: true }

describe('fitted', () => {
  test('gives a new object the defaults', () => {
    expect(fitted({}, [cut, view, age])).toEqual({ cut: false, age: 3 })
  })

  test('keeps what another class knows too, and drops what it would refuse', () => {
    const values = { cut: true, view: 'top', age: 'old', colour: 'red' }
    expect(fitted(values, [cut, view, age])).toEqual({ cut: true, age: 3 })
    expect(fitted(values, [])).toEqual({})
  })

  test('is the same object when nothing changes', () => {
    const values = { cut: true, age: 4 }
    expect(fitted(values, [cut, age])).toBe(values)
    const none = {}
    expect(fitted(none, [view])).toBe(none)
  })
})

test('false and 0 are values, an empty text is none', () => {
  const specs = [{ ...cut, required: true }, { ...age, required: true }, view, note]
  expect(missingRequired({ cut: false, age: 0, view: 'side', note: '' }, specs)).toEqual(['note'])
  expect(missingRequired({}, specs)).toEqual(['cut', 'age', 'view', 'note'])
})

test('what is allowed is what the server takes', () => {
  expect(isAllowed(age, Number.NaN)).toBe(false)
  expect(isAllowed(age, true)).toBe(false)
  expect(isAllowed(view, 'top')).toBe(false)
  expect(isAllowed(cut, 'true')).toBe(false)
  expect([cut, view, age, note].every((spec) => isAllowed(spec, null))).toBe(true)
})

test('only attributes that are alike in all classes are set at once', () => {
  const other: AttributeSpec = { ...view, options: ['front', 'back'] }
  expect(
    common([
      [cut, view, age],
      [age, other, { ...cut, default: true }],
    ]),
  ).toEqual([cut, age])
  expect(common([])).toEqual([])
})
