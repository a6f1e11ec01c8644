/** What the scissors' way round an object becomes: an outline within half a pixel of it, or the pixels inside. */
import { isSelfCrossing } from '@/core/crossings'
import { newRecord, type MaskGeometry, type Ring } from '@/core/document'
import { ringArea, simplify } from '@/core/geometry'
import { simpleLoops } from '@/core/loops'
import { MaskTiles } from '@/core/maskTiles'

import { commit, select, type ToolContext } from '../context'
import { acceptProposal, type ProposalUse } from '../proposal'

/** Half a pixel: what nobody sees, and far fewer vertices than the way has pixels. */
const TOLERANCE = 0.5

/**
 * Puts the closed way into the document.
 *
 * Returns: null when it did, or the name of the reason why not; an empty one when the person has been told.
 */
export function putOutline(
  context: ToolContext,
  way: readonly number[],
  how: { readonly classIndex: number; readonly use: ProposalUse },
): string | null {
  const ring = simplify(Float32Array.from(withoutSpurs(way)), TOLERANCE)
  if (ring.length < 6 || ringArea(ring) === 0) return 'hint.tooFewPoints'
  const wantsPolygon = how.use === 'new' && context.state.get().proposalKind === 'polygon'
  if (wantsPolygon && !isSelfCrossing(ring)) return putRing(context, ring, how.classIndex)
  const mask = maskOf(context, ring)
  return acceptProposal(context, mask, { label: 'scissors', use: how.use }) ? null : ''
}

function putRing(context: ToolContext, ring: Ring, classIndex: number): string | null {
  const record = newRecord({ id: context.newId(), classIndex }, { kind: 'polygon', polygons: [[ring]] })
  if (!commit(context, 'scissors', (transaction) => transaction.put(record))) return ''
  select(context, [record.id])
  return null
}

function maskOf(context: ToolContext, ring: Ring): MaskGeometry {
  const tiles = new MaskTiles(context.width, context.height)
  for (const loop of simpleLoops([...ring])) tiles.fillPolygon([loop], 1)
  return tiles.toMask()
}

/** Where the way goes out and comes back over the same points (an anchor beside the edge), the detour is left out. */
export function withoutSpurs(way: readonly number[]): number[] {
  const kept: number[] = []
  for (let i = 0; i < way.length; i += 2) {
    const [x, y] = [way[i]!, way[i + 1]!]
    const n = kept.length
    if (n >= 2 && kept[n - 2] === x && kept[n - 1] === y) continue
    if (n >= 4 && kept[n - 4] === x && kept[n - 3] === y) kept.length -= 2
    else kept.push(x, y)
  }
  return kept
}
