/** The object operations as a person calls them: on what is selected, one undoable step each. */
import type { AnnotationRecord } from '@/core/document'
import { cutOverlaps } from '@/core/exclusive'
import { type Area, isArea } from '@/core/operations/area'
import { differenceOf, intersectionOf, joined, unionOf } from '@/core/operations/boolean'
import { fillHoles, removeSpecks, separate } from '@/core/operations/components'
import { asMask, asPolygon } from '@/core/operations/convert'
import { grow, shrink } from '@/core/operations/resize'
import { simplifyPolygons } from '@/core/operations/simplify'
import { smooth } from '@/core/operations/smooth'
import { split } from '@/core/operations/split'

import { commit, type ToolContext } from '../context'
import { isTouchable } from '../visibility'
import { areaOf, areasFor, type AreaRecord, put, refuse, selectedAreas } from './apply'
import type { OperationSettings } from './settings'

/** All selected objects become one: together, or what they have in common; joining keeps every outline. */
export function combine(context: ToolContext, how: 'union' | 'intersect' | 'join'): boolean {
  const records = areasFor(context, 2)
  if (records === false) return false
  const areas = records.map(areaOf)
  const made = { union: unionOf, intersect: intersectionOf, join: joined }[how](areas, context)
  if (made === null) return refuse(context, 'hint.opNothingLeft')
  const [first, ...others] = records
  return put(context, how, [{ of: first!, areas: [made] }, ...others.map((of) => ({ of, areas: [] }))])
}

/** The first selected object loses what the others cover; they stay. */
export function subtract(context: ToolContext): boolean {
  const records = areasFor(context, 2)
  if (records === false) return false
  const [first, ...others] = records
  const left = differenceOf(areaOf(first!), others.map(areaOf), context)
  if (left === null) return refuse(context, 'hint.opNothingLeft')
  return put(context, 'subtract', [{ of: first!, areas: [left] }])
}

type Change = (area: Area, settings: OperationSettings, context: ToolContext) => Area | null

const CHANGES = {
  fillHoles: (area, { holeSize }, size) => fillHoles(area, holeSize === 0 ? Infinity : holeSize, size),
  removeSpecks: (area, { speckSize }, size) => removeSpecks(area, speckSize, size),
  grow: (area, { growBy }, size) => grow(area, growBy, size),
  shrink: (area, { growBy }, size) => shrink(area, growBy, size),
  smooth: (area, { smoothBy }, size) => smooth(area, smoothBy, size),
  simplify: (area, { tolerance }) =>
    area.kind === 'polygon' ? { ...area, polygons: simplifyPolygons(area.polygons, tolerance) } : area,
  toMask: (area, _, size) => asMask(area, size),
  toPolygon: (area, { simplifyOutline, tolerance }) => asPolygon(area, simplifyOutline ? tolerance : 0),
} as const satisfies Record<string, Change>

export type ChangeName = keyof typeof CHANGES
export const CHANGE_NAMES = Object.keys(CHANGES) as ChangeName[]

/** Changes each selected object by itself. Where one of them would lose its last pixel, none is changed. */
export function change(context: ToolContext, name: ChangeName): boolean {
  const records = areasFor(context, 1)
  if (records === false) return false
  const needsOutline = name === 'simplify' && records.every(({ kind }) => kind === 'mask')
  if (needsOutline) return refuse(context, 'hint.opNeedsOutline')
  const { operations } = context.state.get()
  const changed = records.map((of) => ({ of, area: CHANGES[name](areaOf(of), operations, context) }))
  if (changed.some(({ area }) => area === null)) return refuse(context, 'hint.opNothingLeft')
  return put(
    context,
    name,
    changed.flatMap(({ of, area }) => (area ? [{ of, areas: [area] }] : [])),
  )
}

/** The parts of each selected object become objects. */
export function separateParts(context: ToolContext): boolean {
  const records = areasFor(context, 1)
  if (records === false) return false
  const outcomes = records.map((of) => ({ of, areas: separate(areaOf(of), context) }))
  if (outcomes.every(({ areas }) => areas.length < 2)) return refuse(context, 'hint.opOnePart')
  return put(
    context,
    'separate',
    outcomes.filter(({ areas }) => areas.length > 1),
  )
}

/** How many objects near a line are looked at when none is selected. */
const MOST_NEAR = 100

/**
 * Splits the selected objects by a line [x0, y0, x1, y1, ...]; with none selected, the topmost one that the line goes all
 * the way across.
 */
export function splitBy(context: ToolContext, line: readonly number[]): boolean {
  const records = selectedAreas(context)
  const pieces = (of: AreaRecord) => {
    const areas = split(areaOf(of), line, context)
    return areas === null ? [] : [{ of, areas }]
  }
  const outcomes =
    records.length > 0
      ? records.flatMap(pieces)
      : firstOf(nearLine(context, line).slice(0, MOST_NEAR), pieces)
  if (outcomes.length === 0) return refuse(context, 'hint.splitNotAcross')
  return put(context, 'split', outcomes)
}

function firstOf<T, R>(values: readonly T[], make: (value: T) => R[]): R[] {
  for (const value of values) {
    const made = make(value)
    if (made.length > 0) return made
  }
  return []
}

function nearLine(context: ToolContext, line: readonly number[]): AreaRecord[] {
  const xs = line.filter((_, k) => k % 2 === 0)
  const ys = line.filter((_, k) => k % 2 === 1)
  const rect = { x0: Math.min(...xs), y0: Math.min(...ys), x1: Math.max(...xs), y1: Math.max(...ys) }
  const state = context.state.get()
  return context.index
    .queryOrdered(rect)
    .reverse()
    .filter((record) => isTouchable(state, record))
    .filter((record): record is AnnotationRecord & AreaRecord => isArea(record))
}

/**
 * Under: the selected objects lose the pixels that others have. Over: the others lose theirs; hidden and locked ones keep
 * theirs, and the selected objects lose them.
 */
export function yieldTo(context: ToolContext, how: 'under' | 'over'): boolean {
  const records = areasFor(context, 1)
  if (records === false) return false
  const own = new Set(records.map(({ id }) => id))
  const state = context.state.get()
  const fixed = (id: string) => {
    const record = context.store.get(id)
    return how === 'under' || (record !== undefined && !isTouchable(state, record))
  }
  const cuts = cutOverlaps(records, {
    width: context.width,
    height: context.height,
    near: (rect) => context.index.query(rect).filter(({ id }) => !own.has(id)),
    isLocked: fixed,
  })
  if (cuts === null) return refuse(context, 'hint.allTaken')
  if (cuts.size === 0) {
    context.hint({ key: 'hint.opNoOverlap', tone: 'info' })
    return false
  }
  return commit(context, how, (transaction) => {
    for (const [id, record] of cuts) {
      if (record) transaction.put(record)
      else transaction.remove(id)
    }
  })
}
