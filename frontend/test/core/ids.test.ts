import { expect, test } from 'vitest'

import { makeIdSource } from '@/core/ids'

const zeros = (): void => {}

test('an id holds its time, version 7 and the variant', () => {
  const next = makeIdSource(
    () => 0x017f22e279b0,
    (bytes) => bytes.fill(0xff),
  )
  expect(next()).toBe('017f22e2-79b0-7000-bfff-ffffffffffff')
  expect(next()).toBe('017f22e2-79b0-7001-bfff-ffffffffffff')
})

test('ids ascend however many are made at once, and when the clock is set back', () => {
  let time = 1000
  const next = makeIdSource(() => time, zeros)
  const ids = Array.from({ length: 10_000 }, next)
  time = 500
  ids.push(next())
  time = 2000
  ids.push(next())
  expect([...ids].sort()).toEqual(ids)
  expect(new Set(ids).size).toBe(ids.length)
})
