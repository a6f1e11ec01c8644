/**
 * A closed line that crosses itself, as the simple loops that it is made of. What a hand draws around an area overshoots
 * its start and makes knots; filled loop by loop, nothing inside is left out (the even-odd rule would leave specks).
 */
import type { Ring } from './document'

/**
 * The loops of a closed line, each with at least 3 points; a line that never crosses itself is its only loop, with its
 * own points.
 *
 * O(n x length of the longest loop): every new edge is compared with those of the loop that it may close.
 */
export function simpleLoops(points: readonly number[]): Ring[] {
  const loops: Ring[] = []
  const open: number[] = [points[0]!, points[1]!]
  const n = points.length
  for (let i = 2; i <= n; i += 2) {
    const [x, y] = [points[i % n]!, points[(i + 1) % n]!]
    const closing = i === n
    for (let cut = findCut(open, x, y, closing); cut; cut = findCut(open, x, y, closing)) {
      const loop = open.splice(2 * cut.edge + 2)
      keep(loops, [cut.x, cut.y, ...loop])
      open.push(cut.x, cut.y)
    }
    if (!closing) open.push(x, y)
  }
  keep(loops, open)
  return loops
}

function keep(loops: Ring[], points: readonly number[]): void {
  if (points.length >= 6) loops.push(Float32Array.from(points))
}

interface Cut {
  /** The edge that is crossed runs from this point to the next. */
  readonly edge: number
  readonly x: number
  readonly y: number
}

/** Where the edge from the line's end to (x, y) first crosses the line, seen from its end; null: nowhere. */
function findCut(line: readonly number[], x: number, y: number, closing: boolean): Cut | null {
  const n = line.length
  const [ax, ay] = [line[n - 2]!, line[n - 1]!]
  let best: Cut | null = null
  let least = Infinity
  // The edge before is a neighbour; the closing edge also meets the first one at their common point.
  for (let i = closing ? 2 : 0; i + 5 < n; i += 2) {
    const t = crossing(ax, ay, x, y, line[i]!, line[i + 1]!, line[i + 2]!, line[i + 3]!)
    if (t === null || t >= least) continue
    least = t
    best = { edge: i / 2, x: ax + t * (x - ax), y: ay + t * (y - ay) }
  }
  return best
}

/** How far along a-b (0..1) the segments a-b and c-d cross properly; null: they don't. */
function crossing(
  ax: number,
  ay: number,
  bx: number,
  by: number,
  cx: number,
  cy: number,
  dx: number,
  dy: number,
): number | null {
  const c = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
  const d = (bx - ax) * (dy - ay) - (by - ay) * (dx - ax)
  const a = (dx - cx) * (ay - cy) - (dy - cy) * (ax - cx)
  const b = (dx - cx) * (by - cy) - (dy - cy) * (bx - cx)
  return c * d < 0 && a * b < 0 ? a / (a - b) : null
}
