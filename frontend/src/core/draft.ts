/**
 * What a tool shows while it works, before anything is in the store: plain data, written by tools, drawn by layers.
 * Owns the shapes only. Nothing here is ever saved.
 */
import type { BrushShape } from './brush'
import type { AnnotationRecord, MaskGeometry } from './document'
import type { EdgeHit, VertexHit, VertexRef } from './handles'
import type { MaskTiles } from './maskTiles'
import type { ImagePoint, Rect } from './points'

/** A line being drawn. `closes`: the pointer is where a click would close it. `invalid`: a click there is refused. */
export interface DraftPath {
  readonly points: readonly number[]
  readonly pointer: ImagePoint | null
  readonly closes: boolean
  readonly invalid: boolean
  readonly hole: boolean
  readonly classIndex: number
  /** The line will not be closed: nothing is filled. */
  readonly open?: true
  /** The dots on the line, flat; when left out each of its points has one. */
  readonly anchors?: readonly number[]
  /** The way to the pointer, flat, where it is not straight. `pointer` is then where it ends. */
  readonly live?: readonly number[]
}

/** The brush's outline around the pointer; `size` is its diameter in image pixels. */
export interface BrushRing {
  readonly at: ImagePoint
  readonly size: number
  readonly shape: BrushShape
  readonly erases: boolean
  readonly classIndex: number
}

/**
 * A mask under the brush. `changes` grows in place, one rectangle a stamp, so that a layer repaints only what is new
 * since it last looked. `replaces`: the id of the object it stands for, or will be.
 */
export interface DraftMask {
  readonly tiles: MaskTiles
  readonly changes: readonly Rect[]
  readonly classIndex: number
  readonly replaces: string
}

export interface DraftHandles {
  readonly record: AnnotationRecord
  readonly selected: readonly VertexRef[]
  readonly hover: VertexHit | EdgeHit | null
}

/** A line over the object, or over what is not. `points` is flat, in image pixels; `radius` too. */
export interface DraftStroke {
  readonly points: readonly number[]
  readonly radius: number
  readonly adds: boolean
}

/** What a person marked for an assist. */
export interface DraftMarks {
  readonly positive: readonly ImagePoint[]
  readonly negative: readonly ImagePoint[]
  readonly strokes: readonly DraftStroke[]
  readonly box: Rect | null
}

export const NO_MARKS: DraftMarks = { positive: [], negative: [], strokes: [], box: null }

/** What an assist proposes, until a person takes it or drops it. */
export interface DraftPreview {
  readonly mask: MaskGeometry | null
  readonly classIndex: number
  readonly marks: DraftMarks
  /** Lines beside the mask, such as the borders of superpixels: [x0, y0, x1, y1, ...] in image pixels. */
  readonly segments: Float32Array | null
  /** The answer to the newest marks is still under way: what is shown is older. */
  readonly busy: boolean
}

export type CursorName =
  'default' | 'crosshair' | 'grab' | 'grabbing' | 'move' | 'pointer' | 'none' | 'copy' | 'resize' | 'progress'

/** A sentence for the person, by the name of its translation. */
export interface Hint {
  readonly key: string
  readonly tone: 'info' | 'warning'
}

export interface Draft {
  /** Shown in place of the stored objects with their ids. */
  readonly records: readonly AnnotationRecord[]
  readonly path: DraftPath | null
  readonly marquee: Rect | null
  readonly ring: BrushRing | null
  readonly mask: DraftMask | null
  readonly handles: DraftHandles | null
  readonly preview: DraftPreview | null
  readonly hint: Hint | null
  readonly cursor: CursorName
}

export const NO_DRAFT: Draft = {
  records: [],
  path: null,
  marquee: null,
  ring: null,
  mask: null,
  handles: null,
  preview: null,
  hint: null,
  cursor: 'default',
}
