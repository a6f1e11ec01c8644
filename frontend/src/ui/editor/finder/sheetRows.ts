/** The rows of the shortcut sheet, from the lists that the keys themselves come from. Owns no words and no keys. */
import { TOOLS } from '@/tools/catalogue'

import { COMMANDS } from '../commands'
import { OTHER_KEYS } from '../tools/ToolRail'
import { plain } from './match'
import { OWN_KEYS } from './ownKeys'

type Area = 'tools' | 'own' | 'commands'

export interface SheetRow {
  readonly area: Area
  /** What is called so by its area: a tool, a tool's own key, a command. */
  readonly name: string
  readonly keys: readonly string[]
}

export interface SheetGroup {
  readonly area: Area
  readonly name: string
  readonly rows: readonly SheetRow[]
}

const ORDER = ['edit', 'object', 'prelabels', 'view', 'navigate', 'image']

/** Everything that a key does, in the order of the sheet. */
export function sheetGroups(): readonly SheetGroup[] {
  const tools = TOOLS.flatMap(({ name, key }) => {
    const shown = key ?? OTHER_KEYS[name]
    return shown ? { area: 'tools' as const, name, keys: [shown] } : []
  })
  const owns = [...new Set(OWN_KEYS.map((own) => own.group))].map((group) => ({
    area: 'own' as const,
    name: group,
    rows: OWN_KEYS.filter((own) => own.group === group).map(({ name, keys }) => ({
      area: 'own' as const,
      name,
      keys,
    })),
  }))
  const groups = [...new Set([...ORDER, ...COMMANDS.map((command) => command.group)])]
  const commands = groups.map((group) => ({
    area: 'commands' as const,
    name: group,
    rows: COMMANDS.flatMap((command) => {
      const keys = [...(command.keys ?? []), ...(command.shownKeys ?? [])]
      if (command.group !== group || keys.length === 0) return []
      return { area: 'commands' as const, name: command.id, keys }
    }),
  }))
  const first = { area: 'tools' as const, name: 'tools', rows: tools }
  return [first, ...owns, ...commands].filter(({ rows }) => rows.length > 0)
}

/**
 * The rows that have every word of the query in their words or keys; groups without any are left out. Not fuzzy, as the
 * palette is: a sheet is read whole, and "palette" must not find "Previous pre-label", whose letters it has.
 */
export function filterSheet(
  groups: readonly SheetGroup[],
  query: string,
  words: (row: SheetRow) => string,
): readonly SheetGroup[] {
  const asked = plain(query).split(/\s+/).filter(Boolean)
  const found = (row: SheetRow) => {
    const text = plain(words(row))
    return asked.every((word) => text.includes(word))
  }
  return groups
    .map((group) => ({ ...group, rows: group.rows.filter(found) }))
    .filter(({ rows }) => rows.length > 0)
}
