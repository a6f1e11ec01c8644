/**
 * The plain-data values of one image's annotations. Records are immutable: an edit makes a new record.
 *
 * Owns the types and the drawing order. Does not own how they travel (`wire.ts`) nor how they change (`store.ts`).
 */

export const BACKGROUND = 0
export const VOID = 255
export const MAX_CLASSES = 254

/** Flat float32 [x0, y0, x1, y1, ...] in image pixels, at least 3 points, not closed. */
export type Ring = Float32Array
/** The outer ring first, then its holes. A pixel is inside by the even-odd rule over all the rings. */
export type Polygon = readonly Ring[]

/** A bitmap cropped to its box, as COCO run lengths over the crop (column-major, beginning with zeros). */
export interface MaskGeometry {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly counts: Uint32Array
}

/** x0, y0, x1, y1; float32 values (the server stores float32). Make one with `makeBox`. */
export type Box = readonly [number, number, number, number]

export type Attributes = Readonly<Record<string, unknown>>
/** `filled`: made from the same object in other frames of a sequence, and not changed by anybody since. */
export type Source = 'person' | 'model' | 'import' | 'filled'

export type Geometry =
  | { readonly kind: 'polygon'; readonly polygons: readonly Polygon[] }
  | { readonly kind: 'mask'; readonly mask: MaskGeometry }
  | { readonly kind: 'box'; readonly box: Box }
  | { readonly kind: 'polyline'; readonly points: Float32Array }
  | { readonly kind: 'point'; readonly points: Float32Array }

export type Kind = Geometry['kind']

export interface RecordFields {
  /** UUID, lower case with hyphens. */
  readonly id: string
  /** Stable index of the class, 1..254, or VOID: pixels that nobody judges. */
  readonly classIndex: number
  readonly z: number
  readonly attributes: Attributes
  readonly isCrowd: boolean
  readonly source: Source
  readonly score: number | null
  /** The server's version this record was drawn on; null when the server has never seen it. */
  readonly version: number | null
  /** The document's revision in which the object first appeared; NOT_YET_SAVED for a new one. */
  readonly created: number
  /** What the object is in the other frames of its sequence; its own id where left out, or null. See `trackOf`. */
  readonly track?: string | null
  /** Which model made it, by its id; left out for what a person or an import made. */
  readonly model?: string
}

export type AnnotationRecord = RecordFields & Geometry
export type RecordOf<K extends Kind> = RecordFields & Extract<Geometry, { kind: K }>

export interface DocumentState {
  readonly id: string
  readonly imageId: string
  readonly projectId: string
  readonly role: string
  /** The revision these records are of, and the newest one. */
  readonly revision: number
  readonly head: number
  readonly width: number
  readonly height: number
  readonly records: readonly AnnotationRecord[]
}

/** `created` of an object that no revision holds yet: it lies above all saved ones of its z. */
export const NOT_YET_SAVED = Number.MAX_SAFE_INTEGER

export interface NewRecordFields {
  readonly id: string
  readonly classIndex: number
  readonly z?: number
  readonly attributes?: Attributes
}

/** A record drawn just now by a person. */
export function newRecord(fields: NewRecordFields, geometry: Geometry): AnnotationRecord {
  return {
    id: fields.id,
    classIndex: fields.classIndex,
    z: fields.z ?? 0,
    attributes: fields.attributes ?? {},
    isCrowd: false,
    source: 'person',
    score: null,
    version: null,
    created: NOT_YET_SAVED,
    ...geometry,
  }
}

/** The same object with another geometry, perhaps of another kind. */
export function withGeometry(record: AnnotationRecord, geometry: Geometry): AnnotationRecord {
  return { ...fieldsOf(record), ...geometry }
}

/** The same object with other fields. */
export function withFields(
  record: AnnotationRecord,
  fields: Partial<Omit<RecordFields, 'id'>>,
): AnnotationRecord {
  return { ...record, ...fields }
}

/** All but the geometry. */
export function fieldsOf(record: AnnotationRecord): RecordFields {
  const { id, classIndex, z, attributes, isCrowd, source, score, version, created, track, model } = record
  const fields = { id, classIndex, z, attributes, isCrowd, source, score, version, created }
  return {
    ...fields,
    ...(track === undefined ? {} : { track }),
    ...(model === undefined ? {} : { model }),
  }
}

/** What the object is in all frames of its sequence. */
export function trackOf(record: Pick<AnnotationRecord, 'id' | 'track'>): string {
  return record.track ?? record.id
}

/** Only the geometry, sharing its arrays. */
export function geometryOf(record: AnnotationRecord): Geometry {
  switch (record.kind) {
    case 'polygon':
      return { kind: 'polygon', polygons: record.polygons }
    case 'mask':
      return { kind: 'mask', mask: record.mask }
    case 'box':
      return { kind: 'box', box: record.box }
    case 'polyline':
    case 'point':
      return { kind: record.kind, points: record.points }
  }
}

/** A box from any two opposite corners, rounded to float32. */
export function makeBox(xa: number, ya: number, xb: number, yb: number): Box {
  return [
    Math.fround(Math.min(xa, xb)),
    Math.fround(Math.min(ya, yb)),
    Math.fround(Math.max(xa, xb)),
    Math.fround(Math.max(ya, yb)),
  ]
}

/** Drawing order: sorts by (z, created, id); the last lies on top. Negative when `a` lies under `b`. */
export function compareOrder(a: AnnotationRecord, b: AnnotationRecord): number {
  if (a.z !== b.z) return a.z - b.z
  if (a.created !== b.created) return a.created - b.created
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0
}
