/** What can be done to whole lines: broken at a vertex, joined at their nearest ends, closed to a polygon. */
import { isSelfCrossing } from '@/core/crossings'
import { newRecord, type RecordOf, withGeometry } from '@/core/document'
import { ringArea } from '@/core/geometry'

import { commit, select, selected, type ToolContext } from '../context'
import { isLine } from './lineEnd'

/** The one selected line, with the one vertex inside it that is chosen. */
function breakable(context: ToolContext): { line: RecordOf<'polyline'>; vertex: number } | null {
  const [line, more] = selected(context)
  const [ref, others] = context.state.get().vertices
  if (!line || more || !isLine(line) || !ref || others) return null
  const isInner = ref.vertex > 0 && ref.vertex < line.points.length / 2 - 1
  return isInner ? { line, vertex: ref.vertex } : null
}

export function canBreakLine(context: ToolContext): boolean {
  return breakable(context) !== null
}

/** Two lines that both have the chosen vertex: the first keeps the object, the second is a new one. */
export function breakLine(context: ToolContext): boolean {
  const found = breakable(context)
  if (!found) return false
  const { line, vertex } = found
  const { classIndex, z, attributes } = line
  const rest = newRecord(
    { id: context.newId(), classIndex, z, attributes },
    { kind: 'polyline', points: line.points.slice(2 * vertex) },
  )
  const head = withGeometry(line, { kind: 'polyline', points: line.points.slice(0, 2 * vertex + 2) })
  if (!commit(context, 'break', (transaction) => [head, rest].forEach((one) => transaction.put(one))))
    return false
  select(context, [head.id, rest.id])
  return true
}

export function canJoinLines(context: ToolContext): boolean {
  const lines = selected(context)
  return lines.length === 2 && lines.every(isLine)
}

/** One line out of two, through the ends that lie nearest to each other; it is the lower one's object. */
export function joinLines(context: ToolContext): boolean {
  const [a, b] = selected(context).filter(isLine)
  if (!a || !b) return false
  const points = nearestChain(a.points, b.points)
  const done = commit(context, 'join', (transaction) => {
    transaction.put(withGeometry(a, { kind: 'polyline', points }))
    transaction.remove(b.id)
  })
  if (done) select(context, [a.id])
  return done
}

export function canCloseLine(context: ToolContext): boolean {
  const [line, more] = selected(context)
  return !!line && !more && isLine(line) && line.points.length >= 6
}

/** The line as the outline of a polygon. */
export function closeLine(context: ToolContext): boolean {
  const [line] = selected(context)
  if (!line || !isLine(line)) return false
  const { points } = line
  const n = points.length
  const ring = points[0] === points[n - 2] && points[1] === points[n - 1] ? points.slice(0, -2) : points
  const reason = ring.length < 6 || ringArea(ring) === 0 ? 'hint.tooFewPoints' : null
  const refusal = reason ?? (isSelfCrossing(ring) ? 'hint.selfCrossing' : null)
  if (refusal !== null) {
    context.hint({ key: refusal, tone: 'warning' })
    return false
  }
  const record = withGeometry(line, { kind: 'polygon', polygons: [[ring]] })
  return commit(context, 'close', (transaction) => transaction.put(record))
}

/** Both lines' points, one after the other, turned so that the shortest gap lies between them. */
function nearestChain(a: Float32Array, b: Float32Array): Float32Array {
  const turns = [a, reversed(a)].flatMap((first) =>
    [b, reversed(b)].map((second) => [first, second] as const),
  )
  const gap = ([first, second]: readonly [Float32Array, Float32Array]) =>
    Math.hypot(first.at(-2)! - second[0]!, first.at(-1)! - second[1]!)
  const [first, second] = turns.reduce((best, turn) => (gap(turn) < gap(best) ? turn : best))
  const touches = gap([first, second]) === 0
  return Float32Array.of(...first, ...(touches ? second.subarray(2) : second))
}

/** The points from the last to the first. */
export function reversed(points: Float32Array): Float32Array {
  const turned = new Float32Array(points.length)
  for (let i = 0; i < points.length; i += 2) turned.set(points.subarray(i, i + 2), points.length - 2 - i)
  return turned
}
