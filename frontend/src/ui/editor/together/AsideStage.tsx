/**
 * What lies over the canvas while an earlier state is looked at or two states are compared: it can be panned and zoomed
 * and nothing else; no key reaches the tools meanwhile, and the document can only be read.
 */
import { type KeyboardEvent, type PointerEvent, type ReactNode, useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'

import { screenPoint } from '@/core/points'
import { pan, zoomAbout } from '@/core/viewport'

import type { EditorSession } from '../session'

interface AsideStageProps {
  readonly session: EditorSession
  readonly label: string
  readonly onBack: () => void
  readonly children: ReactNode
}

const IN_A_FIELD =
  'input, textarea, select, [contenteditable], [role="dialog"], [role="menu"], [role="slider"]'
const WHEEL = 420

export function AsideStage({ session, label, onBack, children }: AsideStageProps) {
  const { t } = useTranslation('together')
  const stage = useRef<HTMLDivElement>(null)
  const held = useRef<{ x: number; y: number } | null>(null)
  useReadOnly(session)
  useOwnKeys(session, onBack)
  useWheel(stage, session)
  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    if (event.button > 1) return
    held.current = { x: event.clientX, y: event.clientY }
    event.currentTarget.setPointerCapture(event.pointerId)
  }
  const onPointerMove = (event: PointerEvent) => {
    const from = held.current
    if (!from) return
    const { viewport } = session.view.get()
    session.setViewport(pan(viewport, event.clientX - from.x, event.clientY - from.y))
    held.current = { x: event.clientX, y: event.clientY }
  }
  const release = () => {
    held.current = null
  }
  return (
    <div
      ref={stage}
      className="aside-stage"
      role="group"
      aria-label={`${label}. ${t('stage.keys')}`}
      tabIndex={0}
      data-testid="aside-stage"
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={release}
      onPointerCancel={release}
    >
      {children}
    </div>
  )
}

/** Nothing behind the stage may change: the panels and the tools see a document that can only be read. */
function useReadOnly(session: EditorSession): void {
  useEffect(() => {
    const before = session.state.get().readOnly
    session.tools.use('select')
    session.state.set({ readOnly: true, hover: null })
    return () => session.state.set({ readOnly: before })
  }, [session])
}

function useOwnKeys(session: EditorSession, onBack: () => void): void {
  const back = useRef(onBack)
  useEffect(() => {
    back.current = onBack
  })
  useEffect(() => {
    const own: Readonly<Record<string, () => void>> = {
      Escape: () => back.current(),
      '+': () => session.tools.zoomBy(1.25),
      '=': () => session.tools.zoomBy(1.25),
      '-': () => session.tools.zoomBy(1 / 1.25),
      Home: () => session.tools.zoomFit(),
    }
    const key = (event: globalThis.KeyboardEvent) => {
      if (event.target instanceof HTMLElement && event.target.closest(IN_A_FIELD)) return
      event.stopImmediatePropagation()
      const run = event.ctrlKey || event.metaKey || event.altKey ? undefined : own[event.key]
      if (!run) return
      event.preventDefault()
      run()
    }
    // On the way down, before the editor's own keys; what a button does with Enter or Space is the browser's.
    window.addEventListener('keydown', key, { capture: true })
    return () => window.removeEventListener('keydown', key, { capture: true })
  }, [session])
}

function useWheel(stage: React.RefObject<HTMLDivElement | null>, session: EditorSession): void {
  useEffect(() => {
    const element = stage.current
    if (!element) return
    const wheel = (event: WheelEvent) => {
      event.preventDefault()
      const box = element.getBoundingClientRect()
      const { viewport } = session.view.get()
      const at = screenPoint(event.clientX - box.left, event.clientY - box.top)
      session.setViewport(zoomAbout(viewport, at, Math.exp(-event.deltaY / WHEEL)))
    }
    element.addEventListener('wheel', wheel, { passive: false })
    return () => element.removeEventListener('wheel', wheel)
  }, [stage, session])
}

/** A list whose rows are walked with the arrow keys. */
export function walkRows(event: KeyboardEvent<HTMLElement>): void {
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
  if (step === 0) return
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-row]')]
  const at = rows.indexOf(document.activeElement as HTMLElement)
  const next = rows[Math.min(rows.length - 1, Math.max(0, at + step))]
  event.preventDefault()
  next?.focus()
}
