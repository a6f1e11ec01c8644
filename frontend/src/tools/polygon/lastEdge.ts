/** Whether the newest edge of an open line crosses one of the others: what refuses a click. */

/** `points`: flat [x0, y0, ...]; the last edge runs between the last two points. Touching does not count. */
export function lastEdgeCrosses(points: readonly number[]): boolean {
  const n = points.length
  const [ax, ay, bx, by] = [points[n - 4]!, points[n - 3]!, points[n - 2]!, points[n - 1]!]
  for (let i = 0; i + 5 < n; i += 2) {
    const [cx, cy, dx, dy] = [points[i]!, points[i + 1]!, points[i + 2]!, points[i + 3]!]
    const c = side(ax, ay, bx, by, cx, cy)
    const d = side(ax, ay, bx, by, dx, dy)
    const a = side(cx, cy, dx, dy, ax, ay)
    const b = side(cx, cy, dx, dy, bx, by)
    if (c * d < 0 && a * b < 0) return true
  }
  return false
}

function side(ax: number, ay: number, bx: number, by: number, x: number, y: number): number {
  return (bx - ax) * (y - ay) - (by - ay) * (x - ax)
}
