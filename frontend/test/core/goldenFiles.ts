/** Reads the vectors that the Python and the TypeScript core share (tests/golden at the project's root). */
import { readFileSync } from 'node:fs'

import type { Geometry } from '@/core/document'
import { countsFromString } from '@/core/rle'

export interface GoldenGeometry {
  readonly kind: 'polygon' | 'mask' | 'box' | 'polyline' | 'point'
  readonly polygons?: number[][][]
  readonly mask?: { x: number; y: number; width: number; height: number; counts: string }
  readonly box?: [number, number, number, number]
  readonly points?: number[]
}

export function golden<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../../tests/golden/${name}.json`, import.meta.url), 'utf8')) as T
}

export function toPolygons(lists: readonly (readonly (readonly number[])[])[]): Float32Array[][] {
  return lists.map((polygon) => polygon.map((ring) => Float32Array.from(ring)))
}

export function toLists(polygons: readonly (readonly Float32Array[])[]): number[][][] {
  return polygons.map((polygon) => polygon.map((ring) => [...ring]))
}

export function toGeometry(value: GoldenGeometry): Geometry {
  if (value.polygons) return { kind: 'polygon', polygons: toPolygons(value.polygons) }
  if (value.mask) {
    return { kind: 'mask', mask: { ...value.mask, counts: countsFromString(value.mask.counts) } }
  }
  if (value.box) return { kind: 'box', box: value.box }
  return { kind: value.kind as 'point', points: Float32Array.from(value.points ?? []) }
}
