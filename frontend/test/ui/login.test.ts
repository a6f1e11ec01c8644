/** After signing in, people go on only to pages of this site. */
import { expect, test } from 'vitest'

import { safeNext } from '@/ui/auth/LoginPage'

test.each(['/projects/1/classes?x=1', '/images/7', '/'])('goes on to %s', (path) => {
  expect(safeNext(path)).toBe(path)
})

test.each([null, '', 'https://example.org', '//example.org', '/\\example.org', 'javascript:alert(1)'])(
  'never goes on to %s',
  (path) => {
    expect(safeNext(path)).toBe('/')
  },
)
