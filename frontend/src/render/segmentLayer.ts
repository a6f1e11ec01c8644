/**
 * Lines beside a proposal, such as the borders of superpixels, painted once for a view: a sweep over cells changes the
 * mask with every move, the lines never. Owns that picture only; nothing of it outlives the lines.
 */
import type { Viewport } from '@/core/viewport'

import { deviceTransform } from './frame'
import { traceSegments } from './shapes'

interface Painted {
  readonly viewport: Viewport
  readonly canvas: OffscreenCanvas
}

const painted = new WeakMap<Float32Array, Painted>()

export function drawSegments(
  context: CanvasRenderingContext2D,
  viewport: Viewport,
  segments: Float32Array,
): void {
  let known = painted.get(segments)
  if (known?.viewport !== viewport) {
    known = { viewport, canvas: paint(segments, viewport, context.canvas) }
    painted.set(segments, known)
  }
  context.drawImage(known.canvas, 0, 0)
}

/** A dark line under a bright one: seen on snow as on a night sky. */
function paint(
  segments: Float32Array,
  viewport: Viewport,
  { width, height }: { readonly width: number; readonly height: number },
): OffscreenCanvas {
  const canvas = new OffscreenCanvas(width, height)
  const context = canvas.getContext('2d')!
  context.beginPath()
  traceSegments(context, segments, deviceTransform(viewport))
  context.lineWidth = 2.5 * viewport.dpr
  context.strokeStyle = 'rgb(0 0 0 / 30%)'
  context.stroke()
  context.lineWidth = viewport.dpr
  context.strokeStyle = 'rgb(255 255 255 / 75%)'
  context.stroke()
  return canvas
}
