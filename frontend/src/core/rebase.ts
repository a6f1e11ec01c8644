/** Comparing and merging two versions of one object, field by field; the geometry counts as one field. */
import {
  fieldsOf,
  geometryOf,
  withGeometry,
  type AnnotationRecord,
  type Geometry,
  type RecordFields,
} from './document'

/** The fields that people change; `version` and `created` belong to the server. */
const CONTENT_FIELDS = ['classIndex', 'z', 'attributes', 'isCrowd', 'source', 'score'] as const

/** True when two versions of an object differ in nothing that a person could have changed. */
export function sameContent(a: AnnotationRecord, b: AnnotationRecord): boolean {
  if (a === b) return true
  return CONTENT_FIELDS.every((field) => sameValue(a[field], b[field])) && sameGeometry(a, b)
}

/**
 * Carries the change `from` -> `to` over to `current`, another descendant of `from`.
 *
 * Returns: `current` with the fields that the change touched, or null when `current` touched one of them too.
 */
export function rebase(
  current: AnnotationRecord,
  from: AnnotationRecord,
  to: AnnotationRecord,
): AnnotationRecord | null {
  const fields: { -readonly [K in keyof RecordFields]: RecordFields[K] } = fieldsOf(current)
  for (const field of CONTENT_FIELDS) {
    if (sameValue(from[field], to[field]) || sameValue(current[field], to[field])) continue
    if (!sameValue(current[field], from[field])) return null
    Object.assign(fields, { [field]: to[field] })
  }
  const keepGeometry = sameGeometry(from, to) || sameGeometry(current, to)
  if (!keepGeometry && !sameGeometry(current, from)) return null
  return withGeometry({ ...current, ...fields }, geometryOf(keepGeometry ? current : to))
}

/** True when two geometries are of one kind with the same numbers. */
export function sameGeometry(a: Geometry, b: Geometry): boolean {
  if (a.kind === 'polygon' && b.kind === 'polygon') {
    return (
      a.polygons === b.polygons || sameList(a.polygons, b.polygons, (p, q) => sameList(p, q, sameNumbers))
    )
  }
  if (a.kind === 'mask' && b.kind === 'mask') {
    const [m, n] = [a.mask, b.mask]
    if (m === n) return true
    return (
      m.x === n.x &&
      m.y === n.y &&
      m.width === n.width &&
      m.height === n.height &&
      sameNumbers(m.counts, n.counts)
    )
  }
  if (a.kind === 'box' && b.kind === 'box') return sameList(a.box, b.box, Object.is)
  if ((a.kind === 'polyline' && b.kind === 'polyline') || (a.kind === 'point' && b.kind === 'point')) {
    return sameNumbers(a.points, b.points)
  }
  return false
}

function sameList<T>(a: readonly T[], b: readonly T[], same: (x: T, y: T) => boolean): boolean {
  return a === b || (a.length === b.length && a.every((value, i) => same(value, b[i]!)))
}

function sameNumbers(a: Float32Array | Uint32Array, b: Float32Array | Uint32Array): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Equality of plain JSON values. */
function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  return keys.every((key) => key in b && sameValue(a[key as keyof typeof a], b[key as keyof typeof b]))
}
