/** What the palette offers: commands, tools and classes, with the person's words for them. Owns no search. */
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'

import i18next from '@/i18n'
import { isHarmless, TOOLS } from '@/tools/catalogue'

import { COMMANDS } from '../commands'
import { type Command, type CommandContext, isEnabled } from '../commands/command'
import { OTHER_KEYS } from '../tools/ToolRail'
import { match } from './match'

export interface Entry {
  readonly id: string
  readonly kind: 'command' | 'tool' | 'class' | 'image'
  readonly name: string
  /** Said beside the name: the group of a command, the folder of an image. */
  readonly group: string
  /** Other words that find it, such as its English name. */
  readonly also: string
  readonly keys: readonly string[]
  /** Why it cannot be done now; null: it can. */
  readonly refused: string | null
  readonly colour?: string
  readonly run: () => void
}

export function useEntries(context: CommandContext): readonly Entry[] {
  const { t } = useTranslation(['finder', 'editor', 'commands'])
  return useMemo(() => {
    const english = i18next.getFixedT('en')
    return [
      ...commandEntries(context, t, english),
      ...toolEntries(context, t, english),
      ...classEntries(context, t),
    ]
  }, [context, t])
}

type Words = (key: string) => string

function commandEntries(context: CommandContext, t: Words, english: Words): Entry[] {
  return COMMANDS.flatMap((command) => {
    const refused = refusal(command, context, t)
    if (refused === undefined || command.id === 'palette') return []
    return {
      id: `command:${command.id}`,
      kind: 'command' as const,
      name: t(`commands:${command.id}`),
      group: t(`commands:group.${command.group}`),
      also: english(`commands:${command.id}`),
      keys: [...(command.keys ?? []), ...(command.shownKeys ?? [])],
      refused,
      run: () => command.run(context),
    }
  })
}

/** Null: it can be done. Undefined: it means nothing now, and there is nothing to tell about it. */
function refusal(command: Command, context: CommandContext, t: Words): string | null | undefined {
  if (isEnabled(command, context)) return null
  if (command.changes && context.session.state.get().readOnly) return t('finder:needs.rights')
  return command.needs ? t(`finder:needs.${command.needs}`) : undefined
}

function toolEntries({ session }: CommandContext, t: Words, english: Words): Entry[] {
  const { readOnly, selection } = session.state.get()
  return TOOLS.map(({ name, key }) => {
    const closed = readOnly && !isHarmless(name) ? t('finder:needs.rights') : null
    const alone = name === 'vertex' && selection.size !== 1 ? t('finder:needs.selection') : null
    const shown = key ?? OTHER_KEYS[name]
    return {
      id: `tool:${name}`,
      kind: 'tool' as const,
      name: t(`editor:tool.${name}`),
      group: t('finder:tool'),
      also: english(`editor:tool.${name}`),
      keys: shown ? [shown] : [],
      refused: closed ?? alone,
      run: () => session.tools.use(name),
    }
  })
}

function classEntries({ session }: CommandContext, t: Words): Entry[] {
  return session.state.get().classes.map((item) => ({
    id: `class:${item.index}`,
    kind: 'class' as const,
    name: item.name,
    group: t('finder:class'),
    also: '',
    keys: item.hotkey === '' ? [] : [item.hotkey],
    refused: null,
    colour: item.colour,
    run: () => session.tools.chooseClass(item.index),
  }))
}

export interface Found {
  readonly entry: Entry
  /** Positions in the name to show as matched. */
  readonly at: readonly number[]
}

/** Names found by another language's word, or by the group's, come after those found by their own. */
const BY_OTHER_WORD = 12
const USED_LATELY = 8

/** The entries that the query finds, best first; what was used lately, newest first, before the rest. */
export function find(
  entries: readonly Entry[],
  query: string,
  recent: readonly string[],
  limit: number,
): Found[] {
  const ranked = entries.flatMap((entry, position) => {
    const own = match(query, entry.name)
    const other = own ? null : match(query, `${entry.group} ${entry.name} ${entry.also}`)
    if (!own && !other) return []
    const place = recent.indexOf(entry.id)
    const lately = place < 0 ? 0 : query.trim() === '' ? 1000 - place : USED_LATELY - place / 4
    const score = (own?.score ?? other!.score - BY_OTHER_WORD) + lately - (entry.refused === null ? 0 : 20)
    return { entry, at: own?.at ?? [], score, position }
  })
  return ranked.sort((a, b) => b.score - a.score || a.position - b.position).slice(0, limit)
}
