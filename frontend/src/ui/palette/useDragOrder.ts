/** Reordering a list by dragging a handle: rows change places while the pointer moves. */
import { useState, type PointerEvent } from 'react'

interface DragOrder {
  readonly dragged: number | null
  /** Goes on the handle of the row at `position`; the rows are the children of the list around it. */
  readonly grab: (position: number) => (event: PointerEvent<HTMLElement>) => void
}

/** `onMove(from, to)` is called each time the dragged row passes another; it must not rely on an old list. */
export function useDragOrder(onMove: (from: number, to: number) => void): DragOrder {
  const [dragged, setDragged] = useState<number | null>(null)

  const grab = (start: number) => (event: PointerEvent<HTMLElement>) => {
    if (event.button !== 0) return
    const list = event.currentTarget.closest('ul')
    let at = start
    setDragged(start)
    const follow = (moved: globalThis.PointerEvent) => {
      const boxes = Array.from(list?.children ?? [], (row) => row.getBoundingClientRect())
      const below = boxes.findIndex((box) => moved.clientY < box.bottom)
      const target = below === -1 ? boxes.length - 1 : below
      if (target === at) return
      onMove(at, target)
      at = target
      setDragged(target)
    }
    const drop = () => {
      window.removeEventListener('pointermove', follow)
      window.removeEventListener('pointerup', drop)
      window.removeEventListener('pointercancel', drop)
      setDragged(null)
    }
    // On the window, not captured by the handle: a row that is moved in the document would lose its capture.
    window.addEventListener('pointermove', follow)
    window.addEventListener('pointerup', drop)
    window.addEventListener('pointercancel', drop)
  }
  return { dragged, grab }
}
