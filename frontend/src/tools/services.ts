/**
 * What tools may ask for and wait for: interfaces only. They are implemented beside the network, in workers and in the
 * layers, and wired together in ui/editor/session.ts.
 */
import type { LiveWire } from '@/core/liveWire'
import type { PixelWindow } from '@/core/pixelWindow'
import type { ImagePoint, Rect } from '@/core/points'

/** The photograph's pixels, whatever it is kept as. */
export interface PixelSource {
  /**
   * A part of the photograph, cut at its border; made smaller where its longer side has more than `maxSide` pixels.
   * Rejects when the photograph is not there (not loaded yet, or it can't be).
   */
  readPixels(rect: Rect, maxSide: number): Promise<PixelWindow>
}

export interface LiveWireQuestion {
  readonly anchor: ImagePoint
  /** How far the anchor may move to the strongest edge, image pixels; 0: it stays. */
  readonly snap: number
  readonly rect: Rect
  readonly maxSide: number
}

/** Finds the ways from an anchor to all pixels of a window. */
export interface LiveWireSource {
  /** Rejects when the photograph is not there. */
  begin(question: LiveWireQuestion): Promise<LiveWire>
}
