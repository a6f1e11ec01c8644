/** The palette finds names as people type them; the sheet holds every key once. */
import { describe, expect, test } from 'vitest'

import { TOOLS } from '@/tools/catalogue'
import { HOTKEYS } from '@/core/palette'
import { COMMANDS } from '@/ui/editor/commands'
import { chordOf } from '@/ui/editor/commands/command'
import { keyLabel } from '@/ui/editor/commands/keyLabel'
import { type Entry, find } from '@/ui/editor/finder/entries'
import { match, plain } from '@/ui/editor/finder/match'
import { filterSheet, sheetGroups } from '@/ui/editor/finder/sheetRows'

describe('match', () => {
  const best = (query: string, names: readonly string[]) =>
    names
      .flatMap((name) => {
        const found = match(query, name)
        return found ? { name, score: found.score } : []
      })
      .sort((a, b) => b.score - a.score)[0]?.name

  test('accents and case do not count', () => {
    expect(plain('Seleção ÀÉ')).toBe('selecao ae')
    expect(match('selecao', 'Mostrar só a seleção')?.at).toEqual([13, 14, 15, 16, 17, 18, 19])
  })

  test('the beginnings of words win over letters anywhere', () => {
    expect(best('tf', ['Shift offset', 'To the front', 'Fit'])).toBe('To the front')
  })

  test('a word in one piece wins over its letters apart, and a short name over a long one', () => {
    expect(best('fit', ['Fill with tint', 'Fit the image'])).toBe('Fit the image')
    expect(best('box', ['Box to mask and back', 'Box'])).toBe('Box')
  })

  test('words may stand in any order, and each must occur', () => {
    expect(match('front to', 'To the front')).not.toBeNull()
    expect(match('front zebra', 'To the front')).toBeNull()
  })

  test('an empty query matches everything', () => {
    expect(match('  ', 'anything')).toEqual({ score: 0, at: [] })
  })

  test('letters out of order do not match', () => {
    expect(match('odnu', 'Undo')).toBeNull()
  })
})

describe('find', () => {
  const entry = (id: string, name: string, more: Partial<Entry> = {}): Entry => ({
    ...{ id, kind: 'command', name, group: 'Edit', also: '', keys: [], refused: null, run: () => undefined },
    ...more,
  })
  const entries = [
    entry('a', 'Desfazer', { also: 'Undo' }),
    entry('b', 'Undo the door'),
    entry('c', 'Redo', { refused: 'not now' }),
    entry('d', 'Redo all of it'),
  ]
  const names = (query: string, recent: string[] = []) =>
    find(entries, query, recent, 10).map((one) => one.entry.id)

  test('without a query what was used lately comes first, then the order given', () => {
    expect(names('', ['d', 'b'])).toEqual(['d', 'b', 'a', 'c'])
  })

  test('the English name finds it too, after those that are called so', () => {
    expect(names('undo')).toEqual(['b', 'a'])
  })

  test('what cannot be done now comes after what can', () => {
    expect(names('redo')).toEqual(['d', 'c'])
  })

  test('no more than asked for', () => {
    expect(find(entries, '', [], 2)).toHaveLength(2)
  })
})

describe('keys', () => {
  test('as they are printed on the keyboard', () => {
    expect(keyLabel('mod+shift+z', { mac: false, space: 'Space' })).toBe('Ctrl Shift Z')
    expect(keyLabel('mod+alt+ArrowUp', { mac: true, space: 'Space' })).toBe('⌘ ⌥ ↑')
    expect(keyLabel('+', { mac: false, space: 'Space' })).toBe('+')
    expect(keyLabel('shift+space', { mac: false, space: 'Espaço' })).toBe('Shift Espaço')
  })

  test('no two commands have the same key, and none a plain letter or digit', () => {
    const all = COMMANDS.flatMap((command) => command.keys ?? [])
    expect(all.filter((key, k) => all.indexOf(key) !== k)).toEqual([])
    expect(all.filter((key) => /^[a-z0-9]$/.test(key))).toEqual([])
  })

  test('no two tools have the same key', () => {
    const all = TOOLS.flatMap((tool) => tool.key ?? [])
    expect(new Set(all).size).toBe(all.length)
  })

  test('no class gets a key that chooses a tool', () => {
    const taken = TOOLS.filter((tool) => tool.key !== null && HOTKEYS.includes(tool.key))
    expect(taken.map((tool) => tool.name)).toEqual([])
  })

  test('AltGr and Option type characters of their own', () => {
    const key = (given: Partial<KeyboardEvent>) =>
      chordOf({ code: '', shiftKey: false, altKey: false, ctrlKey: false, metaKey: false, key: '', ...given })
    expect(key({ key: '˜', code: 'KeyN', altKey: true })).toBe('alt+n')
    expect(key({ key: 'Dead', code: 'KeyU', altKey: true, shiftKey: true })).toBe('alt+shift+u')
    expect(key({ key: '¡', code: 'Digit1', altKey: true })).toBe('alt+1')
    expect(key({ key: 'n', code: 'KeyN', altKey: true })).toBe('alt+n')
    const graph = { getModifierState: (name: string) => name === 'AltGraph', altKey: true, ctrlKey: true }
    expect(key({ key: '[', code: 'BracketRight', ...graph })).toBe('[')
    expect(key({ key: 'ç', code: 'Semicolon' })).toBe('ç')
  })

  test('the sheet has every tool and command with a key', () => {
    const rows = sheetGroups().flatMap((group) => group.rows)
    const named = (area: string) => rows.filter((row) => row.area === area).map((row) => row.name)
    const withKeys = COMMANDS.filter((one) => (one.keys ?? []).length + (one.shownKeys ?? []).length > 0)
    expect(named('commands').sort()).toEqual(withKeys.map((command) => command.id).sort())
    expect(named('tools')).toEqual(expect.arrayContaining(['select', 'polygon', 'vertex', 'hand']))
  })

  test('a search on the sheet leaves only what it finds', () => {
    const groups = filterSheet(sheetGroups(), 'undo', (row) => row.name)
    expect(groups.flatMap((group) => group.rows.map((row) => row.name))).toEqual(['undo'])
  })
})
