/** Tool settings that were kept: only what is of the right kind is taken. */
import { expect, test } from 'vitest'

import { INITIAL_STATE, toolSettings, withToolSettings } from '@/tools/editorState'

test('what was kept comes back, the rest is as at the beginning', () => {
  const kept = toolSettings({ ...INITIAL_STATE, brushSize: 91, brushShape: 'square' })
  expect(withToolSettings(JSON.parse(JSON.stringify(kept)) as Record<string, unknown>)).toEqual(kept)
  expect(withToolSettings({ brushSize: 7 })).toEqual({ ...toolSettings(INITIAL_STATE), brushSize: 7 })
})

test('a value of another kind, and a field that is no setting, are left out', () => {
  const settings = withToolSettings({ brushSize: 'wide', brushShape: null, selection: ['a'] })
  expect(settings).toEqual(toolSettings(INITIAL_STATE))
})
