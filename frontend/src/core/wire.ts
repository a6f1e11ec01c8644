/**
 * The way between records and the API's shapes: JSON (rings as lists) or MessagePack (rings as little-endian float32
 * bytes; masks as a COCO counts string over the whole image in both).
 *
 * Owns the conversion only. Change sets, idempotency keys and the transport are the sync layer's.
 */
import type { AnnotationRecord, DocumentState, Geometry, Kind, MaskGeometry, Source } from './document'
import { makeBox, NOT_YET_SAVED } from './document'
import { InvalidInput } from './errors'
import { countsFromString, countsToString, crop, expand } from './rle'

/** Coordinates as they travel: a list of numbers, or the bytes of little-endian float32 values. */
export type WireCoordinates = readonly number[] | Uint8Array

export interface WireAnnotation {
  readonly id: string
  readonly class: number
  readonly kind: string
  readonly polygons?: readonly (readonly WireCoordinates[])[]
  readonly rle?: { readonly size: readonly number[]; readonly counts: string }
  readonly box?: readonly number[]
  readonly points?: WireCoordinates
  readonly z: number
  readonly attributes: Readonly<Record<string, unknown>>
  readonly is_crowd: boolean
  readonly source?: string
  readonly score?: number | null
  /** What made it, where `source` is not a person: the id of a model. */
  readonly source_ref?: string
  readonly created?: number
  readonly version?: number | null
  readonly track?: string | null
}

export interface WireDocument {
  readonly id: string
  readonly image: string
  readonly project: string
  readonly role: string
  readonly revision: number
  readonly head: number
  readonly width: number
  readonly height: number
  readonly annotations: readonly WireAnnotation[]
}

/** What a `put` of a change set carries (without its `base`): JSON only. */
export interface WirePut {
  readonly id: string
  readonly class: number
  readonly kind: Kind
  readonly polygons?: readonly (readonly (readonly number[])[])[]
  readonly rle?: { readonly size: readonly [number, number]; readonly counts: string }
  readonly box?: readonly number[]
  readonly points?: readonly number[]
  readonly z: number
  readonly attributes: Readonly<Record<string, unknown>>
  readonly is_crowd: boolean
  /** Left out: as it is on the server. */
  readonly track?: string | null
}

export function documentFromWire(wire: WireDocument): DocumentState {
  return {
    id: wire.id,
    imageId: wire.image,
    projectId: wire.project,
    role: wire.role,
    revision: wire.revision,
    head: wire.head,
    width: wire.width,
    height: wire.height,
    records: wire.annotations.map(recordFromWire),
  }
}

/** Reads one object. Throws InvalidInput when its geometry is missing or of an unknown kind. */
export function recordFromWire(wire: WireAnnotation): AnnotationRecord {
  return {
    id: wire.id,
    classIndex: wire.class,
    z: wire.z,
    attributes: wire.attributes,
    isCrowd: wire.is_crowd,
    source: (wire.source ?? 'person') as Source,
    score: wire.score ?? null,
    version: wire.version ?? null,
    created: wire.created ?? NOT_YET_SAVED,
    ...(wire.track === undefined ? {} : { track: wire.track }),
    ...(wire.source === 'model' && wire.source_ref ? { model: wire.source_ref } : {}),
    ...geometryFromWire(wire),
  }
}

/** Writes one object for a change set of an image of width x height pixels. */
export function recordToWire(record: AnnotationRecord, width: number, height: number): WirePut {
  return {
    id: record.id,
    class: record.classIndex,
    kind: record.kind,
    ...geometryToWire(record, width, height),
    z: record.z,
    attributes: record.attributes,
    is_crowd: record.isCrowd,
    ...(record.track === undefined ? {} : { track: record.track }),
  }
}

/** The counts string of a cropped mask over the whole image. */
export function maskToWire(mask: MaskGeometry, width: number, height: number): NonNullable<WirePut['rle']> {
  return { size: [height, width], counts: countsToString(expand(mask, height, width)) }
}

/** The cropped mask of a whole image's counts string. Throws InvalidInput when it doesn't fit its size. */
export function maskFromWire(rle: NonNullable<WireAnnotation['rle']>): MaskGeometry {
  const [height, width] = rle.size
  if (height === undefined || width === undefined) throw new InvalidInput('rle.size needs [height, width]')
  return crop(countsFromString(rle.counts), height, width)
}

function geometryFromWire(wire: WireAnnotation): Geometry {
  if (wire.kind === 'polygon' && wire.polygons !== undefined) {
    return { kind: 'polygon', polygons: wire.polygons.map((rings) => rings.map(coordinates)) }
  }
  if (wire.kind === 'mask' && wire.rle !== undefined) return { kind: 'mask', mask: maskFromWire(wire.rle) }
  if (wire.kind === 'box' && wire.box?.length === 4) {
    const [x0, y0, x1, y1] = wire.box as [number, number, number, number]
    return { kind: 'box', box: makeBox(x0, y0, x1, y1) }
  }
  if ((wire.kind === 'polyline' || wire.kind === 'point') && wire.points !== undefined) {
    return { kind: wire.kind, points: coordinates(wire.points) }
  }
  throw new InvalidInput(`object ${wire.id} is of kind '${wire.kind}' but lacks that kind's geometry`)
}

function geometryToWire(
  geometry: Geometry,
  width: number,
  height: number,
): Pick<WirePut, 'polygons' | 'rle' | 'box' | 'points'> {
  switch (geometry.kind) {
    case 'polygon':
      return { polygons: geometry.polygons.map((rings) => rings.map((ring) => Array.from(ring))) }
    case 'mask':
      return { rle: maskToWire(geometry.mask, width, height) }
    case 'box':
      return { box: geometry.box }
    case 'polyline':
    case 'point':
      return { points: Array.from(geometry.points) }
  }
}

/** Copies the coordinates out of the message, so that a small object doesn't keep the whole answer alive. */
function coordinates(wire: WireCoordinates): Float32Array {
  if (!(wire instanceof Uint8Array)) return Float32Array.from(wire)
  if (wire.length % 8 !== 0) {
    throw new InvalidInput(`coordinates take 8 bytes a point; got ${wire.length} bytes`)
  }
  const bytes = wire.slice()
  return new Float32Array(bytes.buffer) // every browser's machine is little-endian
}
