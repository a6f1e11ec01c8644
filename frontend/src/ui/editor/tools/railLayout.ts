/** Where the tools stand in the rail (two columns, groups one under the other) and where the arrow keys lead. */

export const COLUMNS = 2

interface Place<T> {
  readonly name: T
  readonly row: number
  readonly column: number
}

/** Every tool with its row and column: each group begins a new row. */
export function placesOf<T>(groups: readonly (readonly T[])[]): readonly Place<T>[] {
  const places: Place<T>[] = []
  let top = 0
  for (const group of groups) {
    group.forEach((name, k) => places.push({ name, row: top + Math.floor(k / COLUMNS), column: k % COLUMNS }))
    top += Math.ceil(group.length / COLUMNS)
  }
  return places
}

/**
 * The tool that a key leads to from another; null when the key does not move. Up and down stay in the column where
 * they can, left and right follow the reading order, all go round at the ends.
 */
export function neighbourOf<T>(groups: readonly (readonly T[])[], from: T, key: string): T | null {
  const places = placesOf(groups)
  const at = places.findIndex((place) => place.name === from)
  const here = places[at]
  if (!here) return null
  const along = (k: number) => places[(k + places.length) % places.length]!.name
  switch (key) {
    case 'ArrowRight':
      return along(at + 1)
    case 'ArrowLeft':
      return along(at - 1)
    case 'Home':
      return along(0)
    case 'End':
      return along(-1)
    case 'ArrowDown':
      return inRow(places, here, 1)
    case 'ArrowUp':
      return inRow(places, here, -1)
    default:
      return null
  }
}

function inRow<T>(places: readonly Place<T>[], from: Place<T>, by: 1 | -1): T {
  const rows = places.at(-1)!.row + 1
  const row = places.filter((place) => place.row === (from.row + by + rows) % rows)
  return (row.find((place) => place.column === from.column) ?? row.at(-1)!).name
}
