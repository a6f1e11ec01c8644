/** Polygon: what closing a ring does to the document. Each answers null, or the name of the reason it was refused. */
import { geometryOf, newRecord, withGeometry } from '@/core/document'
import { addHole, boxToPolygon } from '@/core/editing'
import { MaskTiles } from '@/core/maskTiles'

import { commit, select, type ToolContext } from '../context'

export function putPolygon(context: ToolContext, ring: Float32Array, classIndex: number): string | null {
  const record = newRecord({ id: context.newId(), classIndex }, { kind: 'polygon', polygons: [[ring]] })
  if (!commit(context, 'polygon', (transaction) => transaction.put(record))) return 'hint.nothingLeft'
  select(context, [record.id])
  return null
}

/** Cuts the ring out of a polygon or box (as a hole) or out of a mask (as pixels). */
export function cutHole(context: ToolContext, ring: Float32Array, id: string): string | null {
  const record = context.store.get(id)
  if (!record) return 'hint.objectGone'
  const geometry = geometryOf(record)
  if (geometry.kind === 'mask') {
    const tiles = MaskTiles.fromMask(geometry.mask, context.width, context.height)
    tiles.fillPolygon([ring], 0)
    const mask = tiles.toMask()
    if (mask.width === 0) return 'hint.holeTakesAll'
    commit(context, 'hole', (transaction) => transaction.put(withGeometry(record, { kind: 'mask', mask })))
    return null
  }
  if (geometry.kind !== 'polygon' && geometry.kind !== 'box') return 'hint.holeOutside'
  const polygons = addHole(geometry.kind === 'box' ? [boxToPolygon(geometry.box)] : geometry.polygons, ring)
  if (!polygons) return 'hint.holeOutside'
  commit(context, 'hole', (transaction) =>
    transaction.put(withGeometry(record, { kind: 'polygon', polygons })),
  )
  return null
}
