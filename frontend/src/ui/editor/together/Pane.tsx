/**
 * A second look at the image beside the editor's own: the photograph with some state's objects, and marks of what
 * differs. It follows the editor's pan and zoom and is never drawn on. Owns a renderer of its own.
 */
import { useEffect, useRef } from 'react'

import type { AnnotationRecord } from '@/core/document'
import { NO_DRAFT } from '@/core/draft'
import { resize, type Viewport } from '@/core/viewport'
import type { FrameState } from '@/render/frame'
import { drawMarks, type Mark } from '@/render/marks'
import type { SceneStyle } from '@/render/protocol'
import { Renderer } from '@/render/renderer'

import type { EditorSession } from '../session'

interface PaneProps {
  readonly session: EditorSession
  readonly records: readonly AnnotationRecord[]
  readonly marks: readonly Mark[]
  readonly className?: string
  readonly style?: React.CSSProperties
}

export function Pane({ session, records, marks, className = '', style }: PaneProps) {
  const host = useRef<HTMLDivElement>(null)
  const held = useRef<PaneDrawing>(null)
  useEffect(() => {
    const drawing = new PaneDrawing(host.current!, session)
    held.current = drawing
    return () => {
      held.current = null
      drawing.dispose()
    }
  }, [session])
  useEffect(() => held.current?.setRecords(records), [records, session])
  useEffect(() => held.current?.setMarks(marks), [marks, session])
  return <div ref={host} className={`pane ${className}`} style={style} />
}

/** The part of a pane that is not React's: frames come with every pointer move. */
class PaneDrawing {
  private records = new Map<string, AnnotationRecord>()
  private marks: readonly Mark[] = []
  private viewport: Viewport | null = null
  private readonly renderer: Renderer
  private readonly canvas = document.createElement('canvas')
  private readonly context: CanvasRenderingContext2D | null
  private readonly ends: (() => void)[] = []
  private request = 0
  private frame: FrameState | null = null
  private shownStyle: { readonly given: SceneStyle; readonly shown: SceneStyle } | null = null

  constructor(
    private readonly host: HTMLElement,
    session: EditorSession,
  ) {
    const makePainter = () =>
      new Worker(new URL('../../../render/scene.worker.ts', import.meta.url), { type: 'module' })
    this.renderer = new Renderer({ host, makePainter, lookUp: (id) => this.records.get(id) })
    this.canvas.className = 'pane-marks'
    this.canvas.setAttribute('aria-hidden', 'true')
    host.append(this.canvas)
    this.context = this.canvas.getContext('2d')
    this.ends.push(session.mirror((frame) => this.show(frame)))
    const observer = new ResizeObserver(() => this.frame && this.show(this.frame))
    observer.observe(host)
    this.ends.push(() => observer.disconnect())
  }

  setRecords(records: readonly AnnotationRecord[]): void {
    const next = new Map(records.map((record) => [record.id, record]))
    this.renderer.apply({
      added: Object.fromEntries(next),
      updated: {},
      removed: Object.fromEntries([...this.records].filter(([id]) => !next.has(id))),
    })
    this.records = next
  }

  setMarks(marks: readonly Mark[]): void {
    this.marks = marks
    this.drawSoon()
  }

  dispose(): void {
    for (const end of this.ends) end()
    cancelAnimationFrame(this.request)
    this.renderer.dispose()
    this.canvas.remove()
  }

  private show(frame: FrameState): void {
    this.frame = frame
    const { clientWidth: width, clientHeight: height } = this.host
    if (width === 0 || height === 0) return
    const same = frame.viewport.width === width && frame.viewport.height === height
    this.viewport = same ? frame.viewport : resize(frame.viewport, width, height)
    const style = this.styleOf(frame.style)
    this.renderer.show({
      ...frame,
      viewport: this.viewport,
      style,
      draft: NO_DRAFT,
      selected: [],
      hovered: null,
    })
    this.drawSoon()
  }

  /** Nothing is hidden here: what was hidden in the editor may be what differs. */
  private styleOf(given: SceneStyle): SceneStyle {
    if (this.shownStyle?.given !== given)
      this.shownStyle = { given, shown: { ...given, hiddenClasses: [], hiddenObjects: [], only: null } }
    return this.shownStyle.shown
  }

  private drawSoon(): void {
    if (this.request !== 0) return
    this.request = requestAnimationFrame(() => {
      this.request = 0
      const { viewport, canvas, context } = this
      if (!viewport || !context) return
      const [width, height] = [viewport.width * viewport.dpr, viewport.height * viewport.dpr].map(Math.round)
      if (canvas.width !== width || canvas.height !== height) {
        canvas.width = width!
        canvas.height = height!
      }
      drawMarks(context, this.marks, viewport)
    })
  }
}
