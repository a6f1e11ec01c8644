/** Vertex editing: nothing is held. Chooses, inserts and deletes vertices of the one selected object. */
import { type AnnotationRecord, geometryOf, withGeometry } from '@/core/document'
import { deleteRing, deleteVertex, insertVertex, moveVertices } from '@/core/editing'
import { type EdgeHit, nearestEdge, nearestVertex, type VertexHit, type VertexRef } from '@/core/handles'
import type { ImagePoint } from '@/core/points'

import { arrowOffset, deleteObjects } from '../changes'
import {
  commit,
  EDGE_REACH,
  hitObject,
  reach,
  select,
  selected,
  settle,
  type ToolContext,
  type ToolState,
  VERTEX_REACH,
} from '../context'
import type { KeyInput, PointerInput } from '../events'
import { VertexDragging } from './dragging'
import { VertexMarquee } from './marquee'
import { placesOf, sameRef, selfCrossing } from './refs'
import { allVertices, bringIntoView, nextVertex, ringOf, withMiddle } from './walk'

export class VertexIdle implements ToolState {
  constructor(private readonly context: ToolContext) {}

  enter(): void {
    this.present(null)
  }

  left(): void {
    this.present(null)
  }

  pointer(input: PointerInput): ToolState {
    const record = this.record()
    if (!record) {
      this.context.switchTo('select')
      return this
    }
    const hit = this.handle(record, input.image)
    if (input.type === 'move') this.present(hit)
    if (input.type !== 'down' || input.button !== 0) return this
    if (!hit) return this.pressElsewhere(record, input)
    if (input.mod && record.kind !== 'box') return this.pressRing(record, hit, input)
    return hit.kind === 'edge' ? this.pressEdge(record, hit) : this.pressVertex(record, hit, input)
  }

  key(input: KeyInput): ToolState | null {
    const record = this.record()
    if (!record) return null
    const { vertices } = this.context.state.get()
    if (input.key === 'Enter') return this.leave()
    if (input.key === 'Tab' && !input.mod && !input.alt) return this.walk(record, input.shift ? -1 : 1)
    if (input.key === 'Insert') return this.insertMiddle(record, vertices)
    if (input.key === 'a' && input.mod) return this.choose(allVertices(record))
    if (input.key === 'Delete' || input.key === 'Backspace') return this.deleteChosen(record, vertices)
    const offset = arrowOffset(input.key, input.shift)
    if (offset && !input.mod && !input.alt && vertices.length > 0)
      return this.nudgeChosen(record, vertices, offset)
    return null
  }

  cancel(): ToolState {
    if (this.context.state.get().vertices.length > 0) return this.choose([])
    return this.leave()
  }

  private record(): AnnotationRecord | null {
    const [record, more] = selected(this.context)
    return record && !more && record.kind !== 'mask' ? record : null
  }

  private handle(record: AnnotationRecord, at: ImagePoint): VertexHit | EdgeHit | null {
    const vertex = nearestVertex(record, at, reach(this.context, VERTEX_REACH))
    if (vertex || record.kind === 'box') return vertex
    return nearestEdge(record, at, reach(this.context, EDGE_REACH))
  }

  private present(hover: VertexHit | EdgeHit | null): void {
    const record = this.record()
    const selectedRefs = this.context.state.get().vertices
    const cursor = hover?.kind === 'vertex' ? 'move' : hover ? 'copy' : 'default'
    this.context.show({ cursor, handles: record ? { record, selected: selectedRefs, hover } : null })
  }

  private pressVertex(record: AnnotationRecord, hit: VertexHit, input: PointerInput): ToolState {
    const { vertices } = this.context.state.get()
    const chosen = vertices.some((ref) => sameRef(ref, hit))
    if (input.alt) return this.deleteChosen(record, [hit]) ?? this
    if (input.shift)
      return this.choose(chosen ? vertices.filter((ref) => !sameRef(ref, hit)) : [...vertices, refOf(hit)])
    const held = chosen ? vertices : [refOf(hit)]
    this.context.state.set({ vertices: held })
    return new VertexDragging(this.context, this, { record, stored: record, held, grabbed: hit, snaps: true })
  }

  /** A press on an edge makes a vertex there and drags it at once: one step. */
  private pressEdge(record: AnnotationRecord, hit: EdgeHit): ToolState {
    const at = settle(this.context, hit.point)
    const geometry = insertVertex(geometryOf(record), { ...hit, point: at })
    if (!geometry) return this
    const ref = { polygon: hit.polygon, ring: hit.ring, vertex: hit.vertex + 1 }
    this.context.state.set({ vertices: [ref] })
    const grabbed = { kind: 'vertex' as const, ...ref, point: at, distance: 0 }
    const dragged = withGeometry(record, geometry)
    const grip = { record: dragged, stored: record, held: [ref], grabbed, snaps: true }
    return new VertexDragging(this.context, this, grip)
  }

  /** With Ctrl a whole ring, hole or line is held: dragged it moves, let go it stays chosen (Delete removes it). */
  private pressRing(record: AnnotationRecord, hit: VertexHit | EdgeHit, input: PointerInput): ToolState {
    const held = ringOf(record, hit)
    this.context.state.set({ vertices: held })
    const grabbed = { ...refOf(hit), kind: 'vertex' as const, point: input.image, distance: 0 }
    return new VertexDragging(this.context, this, { record, stored: record, held, grabbed, snaps: false })
  }

  private walk(record: AnnotationRecord, by: 1 | -1): ToolState | null {
    const next = nextVertex(record, this.context.state.get().vertices, by)
    if (!next) return null
    const [place] = placesOf(record, [next])
    if (place) bringIntoView(this.context, place.point)
    return this.choose([next])
  }

  private insertMiddle(record: AnnotationRecord, vertices: readonly VertexRef[]): ToolState | null {
    const [ref, more] = vertices
    const inserted = ref && !more ? withMiddle(record, ref) : null
    if (!inserted) return null
    commit(this.context, 'vertex', (transaction) => transaction.put(withGeometry(record, inserted.geometry)))
    return this.choose([inserted.ref])
  }

  private pressElsewhere(record: AnnotationRecord, input: PointerInput): ToolState {
    const other = hitObject(this.context, input.image)
    if (other && other.id !== record.id) {
      select(this.context, [other.id])
      if (other.kind === 'mask') this.context.switchTo('select')
      else this.enter()
      return this
    }
    return new VertexMarquee(this.context, this, record, input)
  }

  private choose(vertices: readonly VertexRef[]): ToolState {
    this.context.state.set({ vertices })
    this.enter()
    return this
  }

  private leave(): ToolState {
    this.context.state.set({ vertices: [] })
    this.context.switchTo('select')
    return this
  }

  private nudgeChosen(
    record: AnnotationRecord,
    vertices: readonly VertexRef[],
    { dx, dy }: { dx: number; dy: number },
  ): ToolState {
    const moves = placesOf(record, vertices).map(({ ref, point }) => {
      const to = settle(this.context, { ...point, x: point.x + dx, y: point.y + dy })
      return { ...ref, x: to.x, y: to.y }
    })
    const geometry = moveVertices(geometryOf(record), moves)
    if (!geometry) return this
    const next = withGeometry(record, geometry)
    if (selfCrossing(next)) this.context.hint({ key: 'hint.selfCrossing', tone: 'warning' })
    else commit(this.context, 'vertex', (transaction) => transaction.put(next))
    this.enter()
    return this
  }

  /** Takes vertices out, highest first so that the others keep their numbers; a ring left with too few goes whole. */
  private deleteChosen(record: AnnotationRecord, refs: readonly VertexRef[]): ToolState | null {
    if (refs.length === 0) return null
    if (record.kind === 'box') return this
    const next = withoutVertices(record, refs)
    if (next && selfCrossing(next)) {
      this.context.hint({ key: 'hint.selfCrossing', tone: 'warning' })
      return this
    }
    if (!next) {
      deleteObjects(this.context, [record.id])
      return this.leave()
    }
    commit(this.context, 'vertex', (transaction) => transaction.put(next))
    return this.choose([])
  }
}

function refOf({ polygon, ring, vertex }: VertexRef): VertexRef {
  return { polygon, ring, vertex }
}

/** The object without these vertices; null when nothing would remain of it. */
export function withoutVertices(
  record: AnnotationRecord,
  refs: readonly VertexRef[],
): AnnotationRecord | null {
  const ordered = [...refs].sort((a, b) => b.polygon - a.polygon || b.ring - a.ring || b.vertex - a.vertex)
  let next = record
  const gone = new Set<string>()
  for (const ref of ordered) {
    const ring = `${ref.polygon}/${ref.ring}`
    if (gone.has(ring)) continue
    const geometry = deleteVertex(geometryOf(next), ref)
    if (geometry) next = withGeometry(next, geometry)
    else if (next.kind !== 'polygon') return null
    else {
      const polygons = deleteRing(next.polygons, ref.polygon, ref.ring)
      if (!polygons) return null
      gone.add(ring)
      next = withGeometry(next, { kind: 'polygon', polygons })
    }
  }
  return next
}
