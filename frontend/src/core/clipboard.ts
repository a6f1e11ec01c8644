/**
 * Objects as text on the clipboard: written with a type marker, read with every value checked, and made into new
 * objects of another image. Owns no clipboard and changes no document.
 */
import { type AnnotationRecord, geometryOf, newRecord, VOID, withGeometry } from './document'
import { translate } from './editing'
import { InvalidInput } from './errors'
import type { Rect } from './points'
import { unionRect } from './points'
import { bboxOf } from './shapes'
import { recordFromWire, recordToWire, type WireAnnotation } from './wire'

const TYPE = 'contorno/objects'
const VERSION = 1

export interface ClassName {
  readonly index: number
  readonly name: string
}

/** Objects with what is needed to put them elsewhere. */
export interface Clipping {
  readonly project: string
  readonly image: string
  readonly width: number
  readonly height: number
  /** The classes of the objects, by the source project's indices. */
  readonly classes: readonly ClassName[]
  readonly records: readonly AnnotationRecord[]
}

export function writeClipping(clipping: Clipping): string {
  const { project, image, width, height, records } = clipping
  const used = new Set(records.map((record) => record.classIndex))
  const classes = clipping.classes
    .filter(({ index }) => used.has(index))
    .map(({ index, name }) => ({ index, name }))
  const objects = records.map((record) => recordToWire(record, width, height))
  return JSON.stringify({ type: TYPE, version: VERSION, project, image, width, height, classes, objects })
}

/**
 * Reads what `writeClipping` wrote.
 *
 * Returns: null when the text is something else. Throws InvalidInput when it says that it is ours and is not whole.
 */
export function readClipping(text: string): Clipping | null {
  const value = parsed(text)
  if (!isObject(value) || value.type !== TYPE) return null
  const { version, project, image, width, height, classes, objects } = value
  if (version !== VERSION) fail('version', version, String(VERSION))
  if (typeof project !== 'string' || typeof image !== 'string') fail('project and image', project, 'ids')
  if (!isSize(width) || !isSize(height)) fail('width and height', [width, height], 'whole numbers from 1')
  if (!Array.isArray(classes) || !Array.isArray(objects)) fail('classes and objects', classes, 'lists')
  const names = classes.map(readClass)
  const known = new Set([VOID, ...names.map((item) => item.index)])
  const records = objects.map((item: unknown, k) => readObject(item, k, known))
  return { project, image, width, height, classes: names, records }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null // any other text a person may have copied
  }
}

function fail(what: string, got: unknown, allowed: string): never {
  const shown = JSON.stringify(got)
  throw new InvalidInput(`the clipboard's ${what}: got ${shown.slice(0, 80)}; allowed is ${allowed}`)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isSize(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0
}

function readClass(value: unknown): ClassName {
  if (isObject(value) && Number.isInteger(value.index) && typeof value.name === 'string')
    return { index: value.index as number, name: value.name }
  return fail('class', value, '{index, name}')
}

function readObject(value: unknown, position: number, known: ReadonlySet<number>): AnnotationRecord {
  const where = `object ${position}`
  if (!isObject(value) || typeof value.id !== 'string') return fail(where, value, 'an object with an id')
  if (!known.has(value.class as number)) fail(`${where}, class`, value.class, 'one of its classes')
  if (!Number.isInteger(value.z)) fail(`${where}, z`, value.z, 'a whole number')
  if (!isObject(value.attributes)) fail(`${where}, attributes`, value.attributes, '{name: value}')
  if (typeof value.is_crowd !== 'boolean') fail(`${where}, is_crowd`, value.is_crowd, 'true or false')
  checkGeometry(value, where)
  return { ...recordFromWire(value as unknown as WireAnnotation), version: null }
}

function checkGeometry(value: Record<string, unknown>, where: string): void {
  const { kind, polygons, points, box, rle } = value
  const numbers = (list: unknown, least: number) =>
    Array.isArray(list) && list.length >= least && list.length % 2 === 0 && list.every(Number.isFinite)
  const fits =
    kind === 'polygon'
      ? Array.isArray(polygons) &&
        polygons.length > 0 &&
        polygons.every(
          (rings) => Array.isArray(rings) && rings.length > 0 && rings.every((ring) => numbers(ring, 6)),
        )
      : kind === 'box'
        ? numbers(box, 4) && (box as unknown[]).length === 4
        : kind === 'polyline'
          ? numbers(points, 4)
          : kind === 'point'
            ? numbers(points, 2)
            : kind === 'mask' &&
              isObject(rle) &&
              Array.isArray(rle.size) &&
              rle.size.length === 2 &&
              rle.size.every(isSize) &&
              typeof rle.counts === 'string'
  if (!fits)
    fail(
      `${where}, ${typeof kind === 'string' ? kind : 'kind'}`,
      polygons ?? points ?? box ?? rle,
      'a whole shape',
    )
}

export interface Target {
  readonly project: string
  readonly classes: readonly ClassName[]
  readonly newId: () => string
}

/**
 * The objects as new ones of the target: in the same project by class index, else by the class's name (case does not
 * count). `missing`: the names that the target lacks; then there are no records.
 */
export function adoptClipping(
  clipping: Clipping,
  target: Target,
): { readonly records: readonly AnnotationRecord[]; readonly missing: readonly string[] } {
  const same = clipping.project === target.project
  const there = new Set(target.classes.map((item) => item.index))
  const byName = new Map(target.classes.map((item) => [item.name.trim().toLowerCase(), item.index]))
  const names = new Map(clipping.classes.map((item) => [item.index, item.name]))
  const indices = new Map<number, number>([[VOID, VOID]])
  const missing: string[] = []
  for (const index of new Set(clipping.records.map((record) => record.classIndex))) {
    if (index === VOID) continue
    const name = names.get(index) ?? `${index}`
    const own = same && there.has(index) ? index : byName.get(name.trim().toLowerCase())
    if (own === undefined) missing.push(name)
    else indices.set(index, own)
  }
  if (missing.length > 0) return { records: [], missing }
  const records = clipping.records.map((record) => ({
    ...newRecord(
      {
        id: target.newId(),
        classIndex: indices.get(record.classIndex)!,
        z: record.z,
        attributes: record.attributes,
      },
      geometryOf(record),
    ),
    isCrowd: record.isCrowd,
  }))
  return { records, missing }
}

/** What encloses all the objects; null when there are none. */
export function boundsOf(records: readonly AnnotationRecord[]): Rect | null {
  return records.reduce<Rect | null>((sum, record) => unionRect(sum, bboxOf(record)), null)
}

/** All moved by whole pixels, so that masks and outlines keep exactly their pixels. */
export function movedBy(records: readonly AnnotationRecord[], dx: number, dy: number): AnnotationRecord[] {
  const [x, y] = [Math.round(dx), Math.round(dy)]
  return records.map((record) => withGeometry(record, translate(geometryOf(record), x, y)))
}

/** All above what lies on top, in the order they had among themselves. */
export function onTop(records: readonly AnnotationRecord[], topZ: number): AnnotationRecord[] {
  const lowest = Math.min(...records.map((record) => record.z))
  const lift = Math.max(0, topZ - lowest)
  return lift === 0 ? [...records] : records.map((record) => ({ ...record, z: record.z + lift }))
}
