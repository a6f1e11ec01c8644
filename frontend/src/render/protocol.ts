/** The messages between the main thread and the worker that paints settled objects into tiles. Data only. */
import type { AnnotationRecord } from '@/core/document'
import type { Rect } from '@/core/points'

import type { ClassColours } from './shapes'

/** Side of a tile in device pixels: 12 or so cover a screen, and one is painted in a few milliseconds. */
export const TILE = 512

export interface SceneStyle {
  readonly colours: ClassColours
  /** Opacity of fills, 0..1. */
  readonly opacity: number
  readonly fills: boolean
  readonly outlines: boolean
  /** Width of outlines in device pixels. */
  readonly lineWidth: number
  readonly hiddenClasses: readonly number[]
  readonly hiddenObjects: readonly string[]
  /** Only these are shown, whatever is hidden otherwise. */
  readonly only?: { readonly objects: readonly string[]; readonly classes: readonly number[] } | null
  /** Outlines are dashed by class, so that classes are told apart without colours. */
  readonly dashes?: boolean
  /** The lines between pixels at high zoom; shown when left out. */
  readonly grid?: boolean
  /** From which score on a model's proposals are shown under the objects; none where it is null or left out. */
  readonly proposalsFrom?: number | null
}

/** A tile of the grid that is anchored at the image's origin at `scale` device pixels an image pixel. */
export interface TileAddress {
  readonly column: number
  readonly row: number
}

export interface TileRequest extends TileAddress {
  /** Counts up with every change that dirties the tile, so that an answer to an older request is known as stale. */
  readonly edition: number
}

export type ToPainter =
  /** Another document from now on; `turn` comes back with each of its tiles. */
  | { readonly type: 'begin'; readonly turn: number }
  | { readonly type: 'put'; readonly records: readonly AnnotationRecord[] }
  | { readonly type: 'remove'; readonly ids: readonly string[] }
  | {
      readonly type: 'propose'
      readonly put: readonly AnnotationRecord[]
      readonly remove: readonly string[]
    }
  | { readonly type: 'style'; readonly style: SceneStyle }
  | { readonly type: 'leave-out'; readonly ids: readonly string[] }
  /** Replaces every request that has not been answered yet; nearest to the eye first. */
  | { readonly type: 'paint'; readonly scale: number; readonly tiles: readonly TileRequest[] }

export type FromPainter = {
  readonly type: 'tile'
  readonly turn: number
  readonly scale: number
  readonly tile: TileRequest
  /** Null when nothing lies in the tile. */
  readonly bitmap: ImageBitmap | null
}

/** What a tile covers, image pixels. */
export function tileRect(tile: TileAddress, scale: number): Rect {
  const side = TILE / scale
  return {
    x0: tile.column * side,
    y0: tile.row * side,
    x1: (tile.column + 1) * side,
    y1: (tile.row + 1) * side,
  }
}
