/** The whole sequence as one bar: where objects are, where the selected ones are keyframes; a drag scrubs through it. */
import { type PointerEvent, useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'

import type { SequenceFrame } from '@/sync/sequenceApi'

import type { Marks } from './Filmstrip'

interface TimelineProps {
  readonly frames: readonly SequenceFrame[]
  readonly marks: Marks
  readonly position: number
  /** The frame under the pointer while it is dragged. */
  readonly onScrub: (position: number) => void
  readonly onLeave: (position: number) => void
}

const HEIGHT = 18
const DIAMOND = 4

export function Timeline({ frames, marks, position, onScrub, onLeave }: TimelineProps) {
  const { t } = useTranslation('sequence')
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    const element = canvas.current
    if (!element) return undefined
    const paint = () => draw(element, frames, marks, position)
    paint()
    const observer = new ResizeObserver(paint)
    observer.observe(element)
    return () => observer.disconnect()
  }, [frames, marks, position])
  const at = (event: PointerEvent<HTMLElement>) => {
    const { left, width } = event.currentTarget.getBoundingClientRect()
    const share = (event.clientX - left) / Math.max(1, width)
    return Math.min(frames.length - 1, Math.max(0, Math.floor(share * frames.length)))
  }
  return (
    <canvas
      ref={canvas}
      className="filmstrip-timeline"
      role="slider"
      tabIndex={0}
      aria-label={t('timeline')}
      aria-valuemin={1}
      aria-valuemax={frames.length}
      aria-valuenow={position + 1}
      data-testid="timeline"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        onScrub(at(event))
      }}
      onPointerMove={(event) => event.buttons === 1 && onScrub(at(event))}
      onPointerUp={(event) => onLeave(at(event))}
      onKeyDown={(event) => {
        const by = { ArrowLeft: -1, ArrowRight: 1, PageDown: 10, PageUp: -10 }[event.key]
        if (by === undefined || event.altKey) return
        event.preventDefault()
        event.stopPropagation()
        onLeave(Math.min(frames.length - 1, Math.max(0, position + by)))
      }}
    />
  )
}

function draw(
  canvas: HTMLCanvasElement,
  frames: readonly SequenceFrame[],
  marks: Marks,
  position: number,
): void {
  const ratio = window.devicePixelRatio
  const width = canvas.clientWidth
  canvas.width = Math.round(width * ratio)
  canvas.height = Math.round(HEIGHT * ratio)
  const context = canvas.getContext('2d')
  if (!context) return
  const style = getComputedStyle(canvas)
  const colour = (name: string) => style.getPropertyValue(name).trim()
  const step = width / frames.length
  context.scale(ratio, ratio)
  context.fillStyle = colour('--surface-2') || colour('--border')
  context.fillRect(0, 5, width, HEIGHT - 10)
  frames.forEach((frame, k) => {
    if (frame.object_count === 0) return
    context.fillStyle = colour(`--status-${frame.status}`)
    context.globalAlpha = 0.55
    context.fillRect(k * step, 5, Math.max(1, step - (step > 4 ? 1 : 0)), HEIGHT - 10)
  })
  context.globalAlpha = 1
  context.fillStyle = colour('--accent')
  for (const k of marks.filled) context.fillRect(k * step, HEIGHT / 2 - 1, Math.max(1, step), 2)
  for (const k of marks.keyframes) diamond(context, (k + 0.5) * step, HEIGHT / 2)
  context.fillStyle = colour('--text')
  context.fillRect((position + 0.5) * step - 1, 0, 2, HEIGHT)
}

function diamond(context: CanvasRenderingContext2D, x: number, y: number): void {
  context.beginPath()
  context.moveTo(x, y - DIAMOND)
  context.lineTo(x + DIAMOND, y)
  context.lineTo(x, y + DIAMOND)
  context.lineTo(x - DIAMOND, y)
  context.fill()
}
