/** Which part of the image the scissors look at: around the anchor, finer the closer one has zoomed in. */
import type { LiveWire } from '@/core/liveWire'
import { clampWindow } from '@/core/pixelWindow'
import type { ImagePoint, Rect } from '@/core/points'

import type { ToolContext } from '../context'

/** The longer side of a window in its own pixels: costs and ways are there in about a fifth of a second. */
export const WINDOW_SIDE = 768
/** How far a window reaches on screen. */
const REACH = 384
/** It always reaches this far in the image, so that edges have something around them. */
const LEAST_REACH = 96
/** How far on screen a click looks for an edge. */
const SNAP_REACH = 10
/** A wire this much coarser than the screen is made anew. */
const COARSE = 0.6

/** Windows lie on a lattice, so that neighbouring anchors share one; `target`: a point that has to be inside too. */
export function windowAround(context: ToolContext, anchor: ImagePoint, target: ImagePoint | null): Rect {
  let reach = Math.max(LEAST_REACH, REACH / context.view().scale)
  if (target)
    reach = Math.max(reach, 1.3 * Math.max(Math.abs(target.x - anchor.x), Math.abs(target.y - anchor.y)))
  const step = reach / 4
  const [x, y] = [Math.round(anchor.x / step) * step, Math.round(anchor.y / step) * step]
  const rect = { x0: x - reach, y0: y - reach, x1: x + reach, y1: y + reach }
  return clampWindow(rect, context.width, context.height)
}

export function snapReach(context: ToolContext): number {
  return SNAP_REACH / context.view().scale
}

/** Whether zooming in has made the wire's window too coarse. */
export function isCoarse(context: ToolContext, wire: LiveWire): boolean {
  return wire.scale < COARSE * Math.min(1, context.view().scale)
}
