/** What a stroke paints on: the selected mask, a new one, or (for the eraser) a shape that becomes a mask. */
import { snapBrush } from '@/core/brush'
import { type AnnotationRecord, geometryOf, newRecord, type MaskGeometry, VOID } from '@/core/document'
import { toMask } from '@/core/editing'
import { MaskTiles } from '@/core/maskTiles'
import { EMPTY_MASK } from '@/core/rle'

import { selected, type ToolContext } from '../context'

export interface StrokeTarget {
  readonly record: AnnotationRecord
  readonly tiles: MaskTiles
  readonly erases: boolean
  /** The object was not a mask and becomes one by this stroke. */
  readonly converts: boolean
  readonly isNew: boolean
}

export interface Refused {
  readonly refused: string
}

/** The tiles of the mask that was painted last, so that the next stroke on it starts at once. */
const held = new WeakMap<MaskGeometry, MaskTiles>()

export function keepTiles(mask: MaskGeometry, tiles: MaskTiles): void {
  held.set(mask, tiles)
}

function tilesOf(context: ToolContext, mask: MaskGeometry): MaskTiles {
  const kept = held.get(mask)
  held.delete(mask)
  return kept ?? MaskTiles.fromMask(mask, context.width, context.height)
}

export function beginStroke(context: ToolContext, erases: boolean): StrokeTarget | Refused {
  const [record, more] = selected(context)
  if (more) return { refused: 'hint.brushOne' }
  if (record?.kind === 'mask')
    return { record, tiles: tilesOf(context, record.mask), erases, converts: false, isNew: false }
  if (!erases) return beginNew(context)
  if (!record) return { refused: 'hint.eraseNothing' }
  if (record.kind !== 'polygon' && record.kind !== 'box') return { refused: 'hint.eraseNotArea' }
  const mask = toMask(geometryOf(record), context.width, context.height)
  return { record, tiles: tilesOf(context, mask), erases, converts: true, isNew: false }
}

function beginNew(context: ToolContext): StrokeTarget | Refused {
  const { activeClass } = context.state.get()
  if (activeClass === null) return { refused: 'hint.noClass' }
  const record = newRecord(
    { id: context.newId(), classIndex: activeClass },
    { kind: 'mask', mask: EMPTY_MASK },
  )
  const tiles = new MaskTiles(context.width, context.height)
  return { record, tiles, erases: false, converts: false, isNew: true }
}

/** What the eraser sweeps over when it takes from all objects: shown as void until it is let go. */
export function beginSweep(context: ToolContext): StrokeTarget {
  const record = newRecord({ id: 'sweep', classIndex: VOID }, { kind: 'mask', mask: EMPTY_MASK })
  const tiles = new MaskTiles(context.width, context.height)
  return { record, tiles, erases: false, converts: false, isNew: true }
}

/** Where the brush is put down for a pointer position: symmetrical about a pixel's centre or corner. */
export function stamp(
  context: ToolContext,
  at: { readonly x: number; readonly y: number },
): { x: number; y: number } {
  return snapBrush(at, context.state.get().brushSize)
}
