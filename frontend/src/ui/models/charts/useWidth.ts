/** The width of an element, kept up with. */
import { useLayoutEffect, useRef, useState, type RefObject } from 'react'

export function useWidth(usual: number): readonly [RefObject<HTMLDivElement | null>, number] {
  const box = useRef<HTMLDivElement | null>(null)
  const [width, setWidth] = useState(usual)
  useLayoutEffect(() => {
    const element = box.current
    if (!element) return
    const measure = () => setWidth((before) => element.clientWidth || before)
    measure()
    if (!('ResizeObserver' in window)) return
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return [box, width]
}
