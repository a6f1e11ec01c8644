/** Both languages say everything the pages ask for, and nothing that no page asks for. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { COMMANDS } from '@/ui/editor/commands'
import { PROBLEM_TYPES } from '@/ui/kit/Problem'

type Messages = Record<string, string>
const en = import.meta.glob<Messages>('../../src/i18n/en/*.ts', { eager: true, import: 'default' })
const pt = import.meta.glob<Messages>('../../src/i18n/pt-BR/*.ts', { eager: true, import: 'default' })

const namespaceOf = (path: string) => path.replace(/^.*\/([\w-]+)\.ts$/, '$1')
const byName = (files: Record<string, Messages>) =>
  Object.fromEntries(Object.entries(files).map(([path, messages]) => [namespaceOf(path), messages]))
const english = byName(en)
const portuguese = byName(pt)
const base = (key: string) => key.replace(/_(one|other)$/, '')

const ROOT = join(import.meta.dirname, '../../src/ui')
const sources = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.tsx?$/.test(path))
  .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }))

/** The keys that a file asks for: literal ones, and beginnings of computed ones (`status.${...}`). */
function asked(text: string): { key: string; computed: boolean }[] {
  const declared = [...text.matchAll(/useTranslation\((?:'([\w-]+)')?\)/g)].map(
    (match) => match[1] ?? 'common',
  )
  const spaces = declared.length > 0 ? [...new Set(declared)] : ['common']
  const calls = [...text.matchAll(/\bt\(\s*(?:'([^']+)'|`([^`]+)`)/g)]
  const conditional = [...text.matchAll(/\bt\(\s*[^'`()]+\?\s*'([^']+)'\s*:\s*'([^']+)'/g)].flatMap(
    (match) => [match[1]!, match[2]!],
  )
  const all = [
    ...calls.map((match) => ({ key: match[1] ?? match[2]!, computed: match[2] !== undefined })),
    ...conditional.map((key) => ({ key, computed: false })),
  ]
  return all.map(({ key, computed }) => {
    const cut = computed ? key.split('${')[0]! : key
    if (/^[\w-]+:/.test(cut)) return { key: cut, computed }
    const fits = (space: string) =>
      Object.keys(english[space] ?? {}).some((known) =>
        computed ? known.startsWith(cut) : base(known) === cut,
      )
    return { key: `${spaces.find(fits) ?? spaces[0]!}:${cut}`, computed }
  })
}

const everyAsked = sources.flatMap(({ path, text }) => asked(text).map((each) => ({ ...each, path })))
const known = Object.entries(english).flatMap(([space, messages]) =>
  Object.keys(messages).map((key) => `${space}:${key}`),
)

describe('languages', () => {
  test('Portuguese has the same namespaces and keys as English', () => {
    expect(Object.keys(portuguese).sort()).toEqual(Object.keys(english).sort())
    for (const space of Object.keys(english)) {
      expect(Object.keys(portuguese[space]!).sort(), space).toEqual(Object.keys(english[space]!).sort())
    }
  })

  test('both languages use the same placeholders in every text', () => {
    const holes = (text: string) => [...text.matchAll(/\{\{?(\w+)\}?\}/g)].map((match) => match[1]).sort()
    for (const [space, messages] of Object.entries(english)) {
      for (const [key, text] of Object.entries(messages)) {
        const other = portuguese[space]![key] ?? ''
        expect(new Set(holes(other)), `${space}:${key}`).toEqual(new Set(holes(text)))
        expect(other.trim(), `${space}:${key}`).not.toBe('')
      }
    }
  })

  test('every key that a page asks for exists', () => {
    const bases = new Set(known.map(base))
    const missing = everyAsked.filter(({ key, computed }) =>
      computed ? !known.some((each) => each.startsWith(key)) : !bases.has(key),
    )
    expect(missing).toEqual([])
  })

  test('every key is asked for somewhere', () => {
    const literal = new Set(everyAsked.filter((each) => !each.computed).map((each) => each.key))
    const begun = everyAsked
      .filter((each) => each.computed && !each.key.endsWith(':'))
      .map((each) => each.key)
    const unused = known.filter(
      (key) =>
        !key.startsWith('editor:') &&
        !key.startsWith('commands:') &&
        !literal.has(base(key)) &&
        !begun.some((start) => key.startsWith(start)),
    )
    expect(unused).toEqual([])
  })

  test('every command has a name, and every name a command', () => {
    const groups = COMMANDS.map((command) => `group.${command.group}`)
    const names = new Set([...COMMANDS.map((command) => command.id), ...groups])
    expect(Object.keys(english.commands!).sort()).toEqual([...names].sort())
  })

  test('every type of problem that the interface documents has a title of its own', () => {
    const page = readFileSync(join(ROOT, '../../../docs/api.md'), 'utf8')
    const documented = [...page.matchAll(/^\| `([a-z-]+)` \| [45]\d\d \|/gm)].map((match) => match[1]!)
    expect(documented.length).toBeGreaterThan(15)
    expect([...PROBLEM_TYPES].sort()).toEqual(documented.sort())
    for (const type of documented) expect(english.problems![`type.${type}`], type).toBeTruthy()
  })
})
