/** The layer with the names of classes; it is there only while names are wanted. */
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'

import { VOID } from '@/core/document'
import { visibleRect } from '@/core/viewport'
import { drawLabels } from '@/render/labels'
import { isShown } from '@/tools/visibility'

import type { EditorSession } from '../session'
import { usePart } from '../use'
import { shownColours } from './colours'

export function LabelLayer({ session }: { readonly session: EditorSession }) {
  const wanted = usePart(session.options, (options) => options.labels)
  return wanted ? <Labels session={session} /> : null
}

function Labels({ session }: { readonly session: EditorSession }) {
  const { t } = useTranslation('editor')
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    const context = canvas.current?.getContext('2d')
    if (!context) return undefined
    let request = 0
    const names = () => {
      const known = new Map(session.state.get().classes.map((item) => [item.index, item.name]))
      return (index: number) =>
        index === VOID ? t('void') : (known.get(index) ?? t('unknownClass', { index }))
    }
    const draw = () => {
      request = 0
      const { viewport } = session.view.get()
      const state = session.state.get()
      fit(context.canvas, viewport)
      const nameOf = names()
      const records = session.index.query(visibleRect(viewport)).filter((record) => isShown(state, record))
      drawLabels(context, viewport, records, {
        nameOf: (record) => nameOf(record.classIndex),
        colours: shownColours(state.classes, session.options.get()),
      })
    }
    const ask = () => {
      if (request === 0) request = requestAnimationFrame(draw)
    }
    const parts = () => {
      const { classes, hidden, hiddenClasses, solo } = session.state.get()
      return [session.view.get().viewport, session.options.get(), classes, hidden, hiddenClasses, solo]
    }
    let seen = parts()
    const onPart = () => {
      const now = parts()
      if (now.some((part, k) => part !== seen[k])) ask()
      seen = now
    }
    ask()
    const ends = [
      session.view.subscribe(onPart),
      session.options.subscribe(onPart),
      session.state.subscribe(onPart),
      session.store.subscribe(ask),
    ]
    return () => {
      ends.forEach((end) => end())
      cancelAnimationFrame(request)
    }
  }, [session, t])
  return <canvas ref={canvas} className="label-layer" aria-hidden data-testid="labels" />
}

function fit(
  canvas: HTMLCanvasElement,
  { width, height, dpr }: { width: number; height: number; dpr: number },
): void {
  const [wide, high] = [Math.round(width * dpr), Math.round(height * dpr)]
  if (canvas.width !== wide || canvas.height !== high) {
    canvas.width = wide
    canvas.height = high
  }
}
