/**
 * A document's revisions as people tell of them: a run of small edits by one person is one line. Owns the grouping
 * only; a revision's objects are read from the server.
 */

export interface RevisionEntry {
  readonly revision: number
  /** ISO 8601. */
  readonly created: string
  readonly author: { readonly id: string } | null
  readonly kind: string
  readonly note: string
  readonly added: number
  readonly changed: number
  readonly removed: number
}

export interface RevisionGroup<T extends RevisionEntry = RevisionEntry> {
  /** Newest first, at least one. */
  readonly entries: readonly T[]
  readonly newest: T
  readonly oldest: T
  readonly added: number
  readonly changed: number
  readonly removed: number
}

/** Edits that follow each other within this time belong together. */
const PAUSE_MS = 5 * 60_000

/** Folds revisions (newest first) into groups (newest first). Restores, imports and what has a note stand alone. */
export function groupRevisions<T extends RevisionEntry>(
  revisions: readonly T[],
  pause: number = PAUSE_MS,
): RevisionGroup<T>[] {
  const groups: T[][] = []
  for (const entry of revisions) {
    const group = groups.at(-1)
    const later = group?.at(-1)
    if (group && later && belongs(entry, later, pause)) group.push(entry)
    else groups.push([entry])
  }
  return groups.map(summed)
}

function belongs(earlier: RevisionEntry, later: RevisionEntry, pause: number): boolean {
  if (earlier.kind !== 'edit' || later.kind !== 'edit' || earlier.note !== '' || later.note !== '')
    return false
  if ((earlier.author?.id ?? null) !== (later.author?.id ?? null)) return false
  return Date.parse(later.created) - Date.parse(earlier.created) <= pause
}

function summed<T extends RevisionEntry>(entries: readonly T[]): RevisionGroup<T> {
  const sum = (field: 'added' | 'changed' | 'removed') =>
    entries.reduce((total, entry) => total + entry[field], 0)
  return {
    entries,
    newest: entries[0]!,
    oldest: entries.at(-1)!,
    added: sum('added'),
    changed: sum('changed'),
    removed: sum('removed'),
  }
}
