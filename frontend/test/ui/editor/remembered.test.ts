/** What a tab remembers from image to image, and that nothing wrong in the browser's store keeps the editor shut. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { recentIds, rememberUse } from '@/ui/editor/finder/recent'
import { remember, remembered } from '@/ui/editor/remembered'

const CLASSES = [
  { index: 3, name: 'car', colour: '#fff' },
  { index: 4, name: 'tree', colour: '#fff' },
] as unknown as Parameters<typeof remembered>[0]

beforeEach(() => sessionStorage.clear())
afterEach(() => vi.restoreAllMocks())

test('the tool and the class stay, vertices become choosing', () => {
  remember({ activeClass: 4, tool: 'brush' })
  expect(remembered(CLASSES)).toEqual({ activeClass: 4, tool: 'brush' })
  remember({ activeClass: 4, tool: 'vertex' })
  expect(remembered(CLASSES)).toEqual({ activeClass: 4, tool: 'select' })
})

test.each(['{', 'null', '[]', '7', '{"tool":"laser","activeClass":9,"selection":["x"],"classes":null}'])(
  '%s is taken for nothing',
  (text) => {
    sessionStorage.setItem('contorno.editor', text)
    expect(remembered(CLASSES)).toEqual({ activeClass: 3 })
  },
)

test('a full store stops neither a tool nor a command', () => {
  vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
    throw new DOMException('full', 'QuotaExceededError')
  })
  remember({ activeClass: 4, tool: 'brush' })
  rememberUse('undo')
  expect(recentIds()).toEqual([])
})
