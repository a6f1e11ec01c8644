/** The drawing area: turns the browser's pointer, wheel and size events into what the session understands. */
import { type RefObject, useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'

import { screenPoint } from '@/core/points'
import { pan, resize, screenToImage, zoomAbout } from '@/core/viewport'
import type { PointerInput } from '@/tools/events'
import { MAX_BRUSH } from '@/tools/editorState'

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
    session.attach(element, accent)
    const endSize = followSize(element, session)
    const endPointers = followPointers(element, session)
    const endTheme = followTheme(element, session)
    return () => {
      endSize()
      endPointers()
      endTheme()
    }
  }, [session])
  useFocusOnOpen(host)
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

function useFocusOnOpen(host: RefObject<HTMLDivElement | null>): void {
  useEffect(() => host.current?.focus({ preventScroll: true }), [host])
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

interface Touch {
  x: number
  y: number
}

/** Pointer and wheel. Two fingers pan and zoom; one finger, a pen or a mouse use the tool. */
function followPointers(element: HTMLElement, session: EditorSession): () => void {
  const ended = new AbortController()
  const listen = { signal: ended.signal, passive: false }
  const touches = new Map<number, Touch>()
  const clicks = new ClickCounter()
  const local = (event: MouseEvent) => {
    const box = element.getBoundingClientRect()
    return screenPoint(event.clientX - box.left, event.clientY - box.top)
  }
  const input = (type: PointerInput['type'], event: PointerEvent): PointerInput => {
    const view = session.view.get().viewport
    const screen = local(event)
    const image = screenToImage(view, screen)
    const coalesced = type === 'move' ? event.getCoalescedEvents() : []
    const trail = coalesced.map((item) => screenToImage(view, local(item)))
    return {
      type,
      screen,
      image,
      trail: trail.length > 0 ? trail : [image],
      button: event.button,
      clicks: type === 'down' ? clicks.press(event, screen) : 1,
      shift: event.shiftKey,
      alt: event.altKey,
      mod: event.ctrlKey || event.metaKey,
    }
  }
  element.addEventListener(
    'pointerdown',
    (event) => {
      if (event.button === 2) return
      event.preventDefault()
      element.focus({ preventScroll: true })
      capture(element, event.pointerId)
      if (event.pointerType === 'touch') touches.set(event.pointerId, local(event))
      if (touches.size === 2) session.tools.pointerLost()
      else if (touches.size < 2) session.tools.pointer(input('down', event))
    },
    listen,
  )
  element.addEventListener(
    'pointermove',
    (event) => {
      const at = local(event)
      session.view.set({ pointer: screenToImage(session.view.get().viewport, at) })
      if (touches.has(event.pointerId)) {
        const before = new Map([...touches].map(([id, touch]) => [id, { ...touch }]))
        touches.set(event.pointerId, at)
        if (touches.size >= 2) return pinch(session, before, touches)
      }
      session.tools.pointer(input('move', event))
    },
    listen,
  )
  const up = (event: PointerEvent) => {
    const pinched = touches.size >= 2
    touches.delete(event.pointerId)
    if (!pinched) session.tools.pointer(input('up', event))
  }
  element.addEventListener('pointerup', up, listen)
  element.addEventListener(
    'pointercancel',
    (event) => {
      touches.delete(event.pointerId)
      session.tools.pointerLost()
    },
    listen,
  )
  element.addEventListener(
    'pointerleave',
    () => {
      session.view.set({ pointer: null })
      session.state.set({ hover: null })
    },
    listen,
  )
  element.addEventListener('contextmenu', (event) => event.preventDefault(), listen)
  element.addEventListener('wheel', (event) => onWheel(event, session, local(event)), listen)
  return () => ended.abort()
}

/** Synthetic pointers of assistive tools cannot be captured; they work without it. */
function capture(element: HTMLElement, pointer: number): void {
  try {
    element.setPointerCapture(pointer)
  } catch (error) {
    if (!(error instanceof DOMException)) throw error
  }
}

function onWheel(event: WheelEvent, session: EditorSession, at: ReturnType<typeof screenPoint>): void {
  event.preventDefault()
  const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1
  const { viewport } = session.view.get()
  const { tool, brushSize } = session.state.get()
  if (event.altKey && (tool === 'brush' || tool === 'eraser')) {
    const next = brushSize * Math.exp((-event.deltaY * unit) / 600)
    const grown = event.deltaY < 0 ? Math.max(brushSize + 1, next) : Math.min(brushSize - 1, next)
    session.state.set({ brushSize: Math.round(Math.min(MAX_BRUSH, Math.max(1, grown))) })
  } else if (event.shiftKey) session.setViewport(pan(viewport, -(event.deltaX || event.deltaY) * unit, 0))
  else {
    const speed = event.ctrlKey ? 120 : 420 // a pinch on a touchpad arrives as small steps with Ctrl
    session.setViewport(zoomAbout(viewport, at, Math.exp((-event.deltaY * unit) / speed)))
  }
}

function pinch(session: EditorSession, before: Map<number, Touch>, now: Map<number, Touch>): void {
  const [a0, b0] = [...before.values()]
  const [a1, b1] = [...now.values()]
  if (!a0 || !b0 || !a1 || !b1) return
  const span = (a: Touch, b: Touch) => Math.max(1, Math.hypot(a.x - b.x, a.y - b.y))
  const middle = (a: Touch, b: Touch) => screenPoint((a.x + b.x) / 2, (a.y + b.y) / 2)
  const [from, to] = [middle(a0, b0), middle(a1, b1)]
  const moved = pan(session.view.get().viewport, to.x - from.x, to.y - from.y)
  session.setViewport(zoomAbout(moved, to, span(a1, b1) / span(a0, b0)))
}

/** Counts presses that follow each other at one place: PointerEvent.detail does not. */
class ClickCounter {
  private last = { x: 0, y: 0, time: Number.NEGATIVE_INFINITY, count: 0 }

  press(event: PointerEvent, { x, y }: Touch): number {
    const { last } = this
    const again = event.timeStamp - last.time < 400 && Math.hypot(x - last.x, y - last.y) < 6
    this.last = { x, y, time: event.timeStamp, count: again ? last.count + 1 : 1 }
    return this.last.count
  }
}
