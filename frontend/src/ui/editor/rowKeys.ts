/** Keys in the list of objects: up and down between rows, left and right along a row's buttons. */
import { type KeyboardEvent, useState } from 'react'

interface RowList {
  readonly count: number
  /** Positions that are in the page now. */
  readonly shown: readonly number[]
  readonly scrollTo: (position: number) => void
}

/** Where a key leads from a row; null when it is none of the list's. */
export function rowFor(key: string, at: number, count: number): number | null {
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: count - 1 }[key]
  return to === undefined || count === 0 ? null : Math.min(count - 1, Math.max(0, to))
}

/** The row that the Tab key stops at, and what to do with keys; rows carry `data-row`, and buttons in them. */
export function useRowKeys({ count, shown, scrollTo }: RowList) {
  const [visited, setVisited] = useState(0)
  const stop = shown.includes(visited) ? visited : (shown[0] ?? 0)
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const row = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-row]') : null
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === 'ArrowRight' || event.key === 'ArrowLeft') {
      event.preventDefault()
      return alongRow(row, event.key === 'ArrowRight' ? 1 : -1)
    }
    const to = rowFor(event.key, Number(row.dataset.row), count)
    if (to === null) return
    event.preventDefault()
    const list = event.currentTarget
    setVisited(to)
    scrollTo(to)
    // The row may have to be made first: the list holds those in sight only.
    requestAnimationFrame(() =>
      requestAnimationFrame(() => list.querySelector<HTMLElement>(`[data-row="${to}"] button`)?.focus()),
    )
  }
  return { stop, onKeyDown, onVisit: setVisited }
}

function alongRow(row: HTMLElement, by: 1 | -1): void {
  const buttons = [...row.querySelectorAll<HTMLButtonElement>('button:not([disabled])')]
  const at = buttons.findIndex((button) => button === document.activeElement)
  buttons[(at + by + buttons.length) % buttons.length]?.focus()
}
