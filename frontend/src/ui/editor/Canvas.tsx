/** The drawing area: the element that the layers stand in, its size, cursor and theme. Its pointers are followed in pointers/. */
import { type RefObject, useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'

import { resize } from '@/core/viewport'

import { followPointers } from './pointers/follow'
import type { EditorSession } from './session'
import { usePart } from './use'

const CURSORS: Readonly<Record<string, string>> = { resize: 'nwse-resize' }

export function Canvas({ session }: { readonly session: EditorSession }) {
  const { t } = useTranslation('editor')
  const host = useRef<HTMLDivElement>(null)
  const cursor = usePart(session.view, (view) => view.cursor)
  useEffect(() => {
    const element = host.current
    if (!element) return undefined
    const accent = getComputedStyle(element).getPropertyValue('--accent').trim()
    const endSize = followSize(element, session) // first, so that nothing is drawn for another size
    session.attach(element, accent)
    const endPointers = followPointers(element, session)
    const endTheme = followTheme(element, session)
    return () => {
      endSize()
      endPointers()
      endTheme()
    }
  }, [session])
  useFocusOnOpen(host, session)
  return (
    <div
      ref={host}
      className="editor-canvas"
      role="application"
      aria-label={t('canvas')}
      tabIndex={0}
      data-testid="canvas"
      style={{ cursor: CURSORS[cursor] ?? cursor }}
    />
  )
}

function useFocusOnOpen(host: RefObject<HTMLDivElement | null>, session: EditorSession): void {
  useEffect(() => host.current?.focus({ preventScroll: true }), [host, session])
}

function followSize(element: HTMLElement, session: EditorSession): () => void {
  let first = true
  const fitted = () => {
    const { clientWidth: width, clientHeight: height } = element
    if (width === 0 || height === 0) return
    session.setViewport(resize(session.view.get().viewport, width, height, window.devicePixelRatio))
    if (first) session.tools.zoomFit()
    first = false
  }
  fitted()
  const observer = new ResizeObserver(fitted)
  observer.observe(element)
  return () => observer.disconnect()
}

function followTheme(element: HTMLElement, session: EditorSession): () => void {
  const observer = new MutationObserver(() => {
    session.setAccent(getComputedStyle(element).getPropertyValue('--accent').trim())
  })
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] })
  return () => observer.disconnect()
}
