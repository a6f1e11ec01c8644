/** The palette being edited, as plain data: drafts of classes, what is wrong with them, and what has changed. */
import { hotkeyFor, TABLE, TOOL_HOTKEYS, toHex } from '@/core/palette'
import type { AttributeSpec, ClassInput, LabelClass } from '@/sync/api'

export const MAX_CLASSES = 254
/** The distinguishable colours, best first, as #rrggbb. */
export const COLOURS: readonly string[] = TABLE.map((colour) => toHex(colour))

export interface DraftClass {
  /** Stable while editing; the server's id for classes that exist. */
  readonly key: string
  readonly id: string | null
  readonly name: string
  readonly colour: string
  readonly is_thing: boolean
  readonly hotkey: string
  readonly supercategory: string
  readonly attributes: readonly AttributeSpec[]
  readonly objectCount: number
}

let lastKey = 0

export function draftOf(label: LabelClass): DraftClass {
  return {
    key: label.id,
    id: label.id,
    name: label.name,
    colour: label.colour,
    is_thing: label.is_thing,
    hotkey: label.hotkey,
    supercategory: label.supercategory,
    attributes: label.attributes,
    objectCount: label.object_count,
  }
}

export function freeColour(drafts: readonly DraftClass[]): string {
  const taken = new Set(drafts.map((draft) => draft.colour))
  return COLOURS.find((colour) => !taken.has(colour)) ?? '#808080'
}

export function freeHotkey(drafts: readonly DraftClass[]): string {
  return hotkeyFor(drafts.map((draft) => draft.hotkey))
}

interface Line {
  readonly name: string
  readonly colour: string | null
}

/** Reads pasted classes: one a line, or separated by tabs, commas or semicolons; a colour as #rrggbb may follow a name. */
export function parseLines(text: string): Line[] {
  return text
    .split(/\r?\n/)
    .flatMap((line) => (/#[0-9a-f]{6}\b/i.test(line) ? [line] : line.split(/[;,\t]/)))
    .map((line) => {
      const colour = /#[0-9a-f]{6}\b/i.exec(line)?.[0].toLowerCase() ?? null
      const name = line
        .replace(/#[0-9a-f]{6}\b/i, '')
        .replace(/^[\s\-*•"']+|[\s,;:\t"']+$/g, '')
        .trim()
      return { name, colour }
    })
    .filter((line) => line.name !== '')
}

/** Adds classes at the end, each with the next free colour and hotkey. */
export function addClasses(drafts: readonly DraftClass[], lines: readonly Line[]): DraftClass[] {
  const all = [...drafts]
  for (const line of lines) {
    if (all.length >= MAX_CLASSES) break
    const { colour } = line
    const free = colour !== null && !all.some((draft) => draft.colour === colour)
    lastKey += 1
    all.push({
      key: `new-${lastKey}`,
      id: null,
      name: line.name.slice(0, 100),
      colour: free ? colour : freeColour(all),
      is_thing: true,
      hotkey: freeHotkey(all),
      supercategory: '',
      attributes: [],
      objectCount: 0,
    })
  }
  return all
}

export function updateClass(
  drafts: readonly DraftClass[],
  key: string,
  change: Partial<DraftClass>,
): DraftClass[] {
  return drafts.map((draft) => (draft.key === key ? { ...draft, ...change } : draft))
}

/** Moves the class at `from` so that it comes to stand at `to`. */
export function moveClass(drafts: readonly DraftClass[], from: number, to: number): DraftClass[] {
  const all = [...drafts]
  const [moved] = all.splice(from, 1)
  if (moved) all.splice(Math.min(all.length, Math.max(0, to)), 0, moved)
  return all
}

export type Flaw =
  | 'nameEmpty'
  | 'nameTaken'
  | 'colourTaken'
  | 'hotkeyTaken'
  | 'hotkeyTool'
  | 'attributeEmpty'
  | 'attributeTaken'
  | 'attributeOptions'
export interface Flaws {
  readonly name?: Flaw
  readonly colour?: Flaw
  readonly hotkey?: Flaw
  readonly attributes?: Flaw
}

function attributeFlaw(attributes: readonly AttributeSpec[]): Flaw | null {
  const names = attributes.map((attribute) => attribute.name.trim().toLowerCase())
  if (names.some((name) => name === '')) return 'attributeEmpty'
  if (new Set(names).size < names.length) return 'attributeTaken'
  if (attributes.some((each) => each.type === 'select' && (each.options ?? []).length === 0)) {
    return 'attributeOptions'
  }
  return null
}

function counted(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}

/** What is wrong with each class, by its key; empty when the palette can be saved. */
export function findFlaws(drafts: readonly DraftClass[]): ReadonlyMap<string, Flaws> {
  const flaws = new Map<string, Flaws>()
  const named = (draft: DraftClass) => draft.name.trim().toLowerCase()
  const names = counted(drafts.map(named))
  const colours = counted(drafts.map((draft) => draft.colour))
  const hotkeys = counted(drafts.map((draft) => draft.hotkey))
  for (const draft of drafts) {
    const attributes = attributeFlaw(draft.attributes)
    const found: Flaws = {
      ...(named(draft) === '' ? { name: 'nameEmpty' as const } : {}),
      ...(named(draft) !== '' && (names.get(named(draft)) ?? 0) > 1 ? { name: 'nameTaken' as const } : {}),
      ...((colours.get(draft.colour) ?? 0) > 1 ? { colour: 'colourTaken' as const } : {}),
      ...(draft.hotkey !== '' && (hotkeys.get(draft.hotkey) ?? 0) > 1
        ? { hotkey: 'hotkeyTaken' as const }
        : {}),
      ...(draft.hotkey !== '' && TOOL_HOTKEYS.includes(draft.hotkey)
        ? { hotkey: 'hotkeyTool' as const }
        : {}),
      ...(attributes ? { attributes } : {}),
    }
    if (Object.keys(found).length > 0) flaws.set(draft.key, found)
  }
  return flaws
}

export function inputOf(draft: DraftClass): ClassInput {
  return {
    name: draft.name.trim(),
    colour: draft.colour,
    is_thing: draft.is_thing,
    hotkey: draft.hotkey,
    supercategory: draft.supercategory.trim(),
    attributes: draft.attributes,
  }
}

export interface PaletteChanges {
  readonly created: readonly DraftClass[]
  readonly changed: readonly { readonly id: string; readonly input: Partial<ClassInput> }[]
  readonly reordered: boolean
}

/** What has to be sent so that the server's classes become the drafts. Deletions are made one by one, not here. */
export function changesOf(before: readonly LabelClass[], drafts: readonly DraftClass[]): PaletteChanges {
  const known = new Map(before.map((label) => [label.id, inputOf(draftOf(label))]))
  const changed = drafts.flatMap((draft) => {
    const old = draft.id === null ? undefined : known.get(draft.id)
    if (!old || draft.id === null) return []
    const now = inputOf(draft)
    const entries = Object.entries(now).filter(
      ([field, value]) => JSON.stringify(value) !== JSON.stringify(old[field as keyof ClassInput]),
    )
    return entries.length > 0 ? [{ id: draft.id, input: Object.fromEntries(entries) }] : []
  })
  const order = drafts.flatMap((draft) => (draft.id === null ? [] : [draft.id]))
  const kept = before.filter((label) => order.includes(label.id)).map((label) => label.id)
  const newInside = drafts.findIndex((draft) => draft.id === null)
  const appended = newInside === -1 || drafts.slice(newInside).every((draft) => draft.id === null)
  return {
    created: drafts.filter((draft) => draft.id === null),
    changed,
    reordered: !appended || order.some((id, position) => id !== kept[position]),
  }
}

export function isChanged(changes: PaletteChanges): boolean {
  return changes.created.length > 0 || changes.changed.length > 0 || changes.reordered
}
