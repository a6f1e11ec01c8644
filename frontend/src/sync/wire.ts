/**
 * The shapes that travel between the editor and the server, and when two of them mean the same object.
 * Owns no conversion to the editor's records (core/wire.ts) and no sending (queue.ts).
 */
import type { WireAnnotation, WirePut } from '@/core/wire'

/** An object as a change set's `put` carries it, without its `base`. */
export type WireObject = WirePut

/** An object as the server answers it. */
export type ServerObject = WireAnnotation & { readonly version: number }

export interface ChangeBody {
  readonly base_revision: number
  readonly key: string
  readonly put: readonly (WireObject & { readonly base: number | null })[]
  readonly delete: readonly { readonly id: string; readonly base: number | null }[]
}

export interface ChangeAnswer {
  readonly revision: number
  readonly versions: Readonly<Record<string, number>>
  readonly others: { readonly put: readonly ServerObject[]; readonly delete: readonly string[] }
}

/** One entry of a 409 stale-objects: `current` is null when somebody else deleted the object. */
export interface StaleObject {
  readonly id: string
  readonly base: number | null
  readonly current: ServerObject | null
}

export interface ServerDocument {
  readonly revision: number
  readonly annotations: readonly ServerObject[]
}

/** Whether two values of JSON are equal, whatever the order of keys. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const left = a as Record<string, unknown>
  const right = b as Record<string, unknown>
  const keys = Object.keys(left)
  if (keys.length !== Object.keys(right).length) return false
  return keys.every((key) => key in right && sameJson(left[key], right[key]))
}

/** The part of an object that a person decides: everything but ids, versions and what the server computes. */
function content(object: WireAnnotation): unknown {
  const { kind, polygons, rle, box, points, z, attributes, is_crowd } = object
  // A track that is not said stays as it is, so it is compared as the object's own.
  const track = object.track ?? object.id
  return { class: object.class, kind, polygons, rle, box, points, z, attributes, is_crowd, track }
}

export function sameContent(a: WireAnnotation, b: WireAnnotation): boolean {
  return sameJson(content(a), content(b))
}
