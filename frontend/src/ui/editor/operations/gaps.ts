/** Finding and filling unlabelled pixels in the open image: what the commands, the counter and the menu call. */
import { type Rect } from '@/core/points'
import type { Region } from '@/core/operations/unlabelled'
import { fitRect, screenCentre, screenToImage } from '@/core/viewport'
import { fillUnlabelled } from '@/tools/operations/fill'

import type { EditorSession } from '../session'

/** Regions beyond this many are not told apart by size; the largest come first. */
const MOST_REGIONS = 5000
/** So much around a region is shown, image pixels. */
const AROUND = 12
const MARGIN = 120
/** Where the last jump of a session led. */
const jumps = new WeakMap<EditorSession, Region>()

/** Shows the next region: by size from the largest down, or the nearest to the middle of what is shown. */
export async function showRegion(session: EditorSession, order: 'largest' | 'nearest'): Promise<void> {
  const regions = await session.unlabelled.regions(MOST_REGIONS)
  const last = jumps.get(session)
  const at = last ? regions.findIndex((region) => region.x === last.x && region.y === last.y) : -1
  const region =
    order === 'largest' ? regions[(at + 1) % regions.length] : nearestOf(regions, middleOf(session), at)
  if (!region) return session.hint({ key: 'hint.allLabelled', tone: 'info' })
  jumps.set(session, region)
  session.setViewport(fitRect(session.view.get().viewport, widened(region.box), MARGIN))
  session.tools.refresh()
  if (!session.tools.working) session.tooling.show({ marquee: region.box })
}

/** Fills the region under the pointer, or the one that was jumped to last. */
export async function fillRegion(session: EditorSession): Promise<void> {
  const { pointer } = session.view.get()
  const at = pointer && isInside(session, pointer) ? pointer : jumps.get(session)
  if (!at) return session.hint({ key: 'hint.fillNoPlace', tone: 'warning' })
  await fill(session, () => session.unlabelled.regionAt(Math.floor(at.x), Math.floor(at.y)))
}

/** Fills all that is unlabelled. */
export async function fillRest(session: EditorSession): Promise<void> {
  await fill(session, () => session.unlabelled.rest())
}

/** Asks again when the document changed while the answer was under way, so that no two objects get the same pixel. */
async function fill(
  session: EditorSession,
  ask: () => ReturnType<EditorSession['unlabelled']['regionAt']>,
): Promise<void> {
  for (;;) {
    const before = session.store.ordered()
    const mask = await ask()
    if (session.store.ordered() !== before) continue
    fillUnlabelled(session.tooling, mask)
    return session.tools.refresh()
  }
}

function isInside(session: EditorSession, { x, y }: { readonly x: number; readonly y: number }): boolean {
  const { width, height } = session.given.document
  return x >= 0 && y >= 0 && x < width && y < height
}

function middleOf(session: EditorSession): { readonly x: number; readonly y: number } {
  const { viewport } = session.view.get()
  return screenToImage(viewport, screenCentre(viewport))
}

function nearestOf(
  regions: readonly Region[],
  { x, y }: { readonly x: number; readonly y: number },
  except: number,
): Region | undefined {
  const away = ({ box }: Region) =>
    Math.hypot(Math.max(box.x0 - x, x - box.x1, 0), Math.max(box.y0 - y, y - box.y1, 0))
  const others = regions.length > 1 ? regions.filter((_, k) => k !== except) : regions
  return others.reduce<Region | undefined>(
    (best, region) => (best && away(best) <= away(region) ? best : region),
    undefined,
  )
}

function widened({ x0, y0, x1, y1 }: Rect): Rect {
  return { x0: x0 - AROUND, y0: y0 - AROUND, x1: x1 + AROUND, y1: y1 + AROUND }
}
