/** Revisions fold into what a person remembers having done. */
import { describe, expect, test } from 'vitest'

import { groupRevisions, type RevisionEntry } from '@/core/revisions'

const MINUTE = 60_000
const START = Date.parse('2026-03-02T14:00:00Z')

function entry(revision: number, minutes: number, fields: Partial<RevisionEntry> = {}): RevisionEntry {
  return {
    revision,
    created: new Date(START + minutes * MINUTE).toISOString(),
    author: { id: 'ana' },
    kind: 'edit',
    note: '',
    added: 1,
    changed: 2,
    removed: 0,
    ...fields,
  }
}

const shape = (entries: readonly RevisionEntry[]) =>
  groupRevisions(entries).map((group) => group.entries.map((each) => each.revision))

describe('groupRevisions', () => {
  test('a run of edits by one person is one group with the sum of what changed', () => {
    const groups = groupRevisions([entry(3, 6), entry(2, 3), entry(1, 0)])
    expect(groups).toHaveLength(1)
    expect(groups[0]).toMatchObject({ added: 3, changed: 6, removed: 0 })
    expect([groups[0]?.newest.revision, groups[0]?.oldest.revision]).toEqual([3, 1])
  })

  test('a pause of more than five minutes begins another', () => {
    expect(shape([entry(3, 10.1), entry(2, 5), entry(1, 0)])).toEqual([[3], [2, 1]])
  })

  test('another person begins another, also somebody whose account is gone', () => {
    const rui = { author: { id: 'rui' } }
    expect(shape([entry(4, 3), entry(3, 2, rui), entry(2, 1, { author: null }), entry(1, 0)])).toEqual([
      [4],
      [3],
      [2],
      [1],
    ])
    expect(shape([entry(2, 1, { author: null }), entry(1, 0, { author: null })])).toEqual([[2, 1]])
  })

  test('restores, imports and what has a note stand alone', () => {
    const restore = { kind: 'restore', note: 'restored revision 1' }
    expect(shape([entry(4, 3), entry(3, 2, restore), entry(2, 1), entry(1, 0, { note: 'first' })])).toEqual([
      [4],
      [3],
      [2],
      [1],
    ])
  })

  test('nothing gives nothing', () => {
    expect(groupRevisions([])).toEqual([])
  })
})
