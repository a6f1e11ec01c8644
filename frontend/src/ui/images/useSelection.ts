/** Which images are selected: one by one, or a range with Shift from the last one that was clicked. */
import { useState } from 'react'

export interface Selection {
  readonly ids: ReadonlySet<string>
  readonly toggle: (id: string, range: boolean, all: readonly { readonly id: string }[]) => void
  readonly selectAll: (ids: readonly string[]) => void
  readonly clear: () => void
}

export function useSelection(): Selection {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set())
  const [anchor, setAnchor] = useState<string | null>(null)
  return {
    ids,
    toggle: (id, range, all) => {
      const next = new Set(ids)
      const from = range ? all.findIndex((each) => each.id === anchor) : -1
      const to = all.findIndex((each) => each.id === id)
      if (from !== -1 && to !== -1) {
        const between = all.slice(Math.min(from, to), Math.max(from, to) + 1)
        for (const each of between) next.add(each.id)
      } else if (!next.delete(id)) next.add(id)
      setAnchor(id)
      setIds(next)
    },
    selectAll: (all) => setIds(new Set(all)),
    clear: () => setIds(new Set()),
  }
}
