/** No key means two things: commands among each other, tools, classes and what the session does by itself. */
import { describe, expect, test } from 'vitest'

import { TOOLS } from '@/tools/catalogue'
import { COMMANDS } from '@/ui/editor/commands'

const chords = COMMANDS.flatMap(({ id, keys }) => (keys ?? []).map((chord) => ({ id, chord })))

describe('the keys of commands', () => {
  test('are each of one command', () => {
    const counts = new Map<string, string[]>()
    for (const { id, chord } of chords) counts.set(chord, [...(counts.get(chord) ?? []), id])
    expect([...counts].filter(([, ids]) => ids.length > 1)).toEqual([])
  })

  test('are none that a tool or a class may have: those are single letters and digits', () => {
    const tools = new Set(TOOLS.flatMap(({ key }) => key ?? []))
    const taken = chords.filter(({ chord }) => tools.has(chord) || /^[a-z0-9]$/.test(chord))
    expect(taken).toEqual([])
  })

  test('are none that only another command shows', () => {
    const shown = new Map(COMMANDS.flatMap(({ id, shownKeys }) => (shownKeys ?? []).map((key) => [key, id])))
    expect(chords.filter(({ id, chord }) => shown.has(chord) && shown.get(chord) !== id)).toEqual([])
  })

  test('are there for every step of the review', () => {
    const review = [
      'prelabelNext',
      'prelabelPrevious',
      'prelabelAccept',
      'prelabelReject',
      'prelabelAdjust',
      'prelabelAcceptAbove',
      'prelabelRejectBelow',
      'prelabelAcceptNext',
      'togglePrelabels',
      'toggleUncertainty',
    ]
    for (const id of review)
      expect(
        chords.some((one) => one.id === id),
        id,
      ).toBe(true)
  })
})
