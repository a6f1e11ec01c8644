/** Reordering a list by dragging a handle: rows change places while the pointer moves. */
import { useEffect, useRef, useState, type PointerEvent, type RefObject } from 'react'

interface DragOrder {
  readonly listRef: RefObject<HTMLUListElement | null>
  readonly dragged: number | null
  readonly grab: (position: number) => (event: PointerEvent) => void
}

/** `onMove(from, to)` is called each time the dragged row passes the middle of another. */
export function useDragOrder(onMove: (from: number, to: number) => void): DragOrder {
  const listRef = useRef<HTMLUListElement | null>(null)
  const [dragged, setDragged] = useState<number | null>(null)
  const move = useRef(onMove)
  // The list changes with each move, so the newest callback is the right one.
  useEffect(() => {
    move.current = onMove
  }, [onMove])
  const latest = (from: number, to: number) => move.current(from, to)

  const grab = (start: number) => (event: PointerEvent) => {
    if (event.button !== 0) return
    const handle = event.currentTarget
    handle.setPointerCapture(event.pointerId)
    let at = start
    setDragged(start)
    const follow = (moved: Event) => {
      const y = (moved as unknown as PointerEvent).clientY
      const rows = [...(listRef.current?.children ?? [])]
      const boxes = rows.map((row) => row.getBoundingClientRect())
      const to = boxes.findIndex((box) => y < box.top + box.height)
      const target = to === -1 ? rows.length - 1 : to
      if (target === at) return
      latest(at, target)
      at = target
      setDragged(target)
    }
    const drop = () => {
      handle.removeEventListener('pointermove', follow)
      setDragged(null)
    }
    handle.addEventListener('pointermove', follow)
    handle.addEventListener('lostpointercapture', drop, { once: true })
  }
  return { listRef, dragged, grab }
}
