/**
 * What may be said about an object besides its class, by the class's schema; as `annotator/services/attributes.py`.
 * Owns defaults, what carries over to another class, and what is missing. Does not own how it is edited.
 */
import type { Attributes } from './document'

export interface AttributeSpec {
  readonly name: string
  readonly type: 'select' | 'checkbox' | 'number' | 'text'
  readonly options?: readonly string[]
  readonly required?: boolean
  readonly default?: unknown
}

/** Whether the server takes the value; null and undefined mean that nothing was chosen. */
export function isAllowed(spec: AttributeSpec, value: unknown): boolean {
  if (value === null || value === undefined) return true
  switch (spec.type) {
    case 'select':
      return typeof value === 'string' && (spec.options ?? []).includes(value)
    case 'checkbox':
      return typeof value === 'boolean'
    case 'number':
      return typeof value === 'number' && Number.isFinite(value)
    case 'text':
      return typeof value === 'string'
  }
}

/**
 * The values that an object of a class with this schema may keep, with the defaults of what it does not say. The same
 * object when nothing changes.
 */
export function fitted(values: Attributes, specs: readonly AttributeSpec[]): Attributes {
  const kept = specs.flatMap(({ name, default: usual, ...rest }): [string, unknown][] => {
    const value = values[name]
    if (value !== undefined && isAllowed({ name, ...rest }, value)) return [[name, value]]
    return usual === null || usual === undefined ? [] : [[name, usual]]
  })
  const same =
    kept.length === Object.keys(values).length && kept.every(([name, value]) => values[name] === value)
  return same ? values : Object.fromEntries(kept)
}

/** Names of the required attributes that have no value. */
export function missingRequired(values: Attributes, specs: readonly AttributeSpec[]): string[] {
  const empty = (value: unknown) => value === undefined || value === null || value === ''
  return specs.filter((spec) => spec.required === true && empty(values[spec.name])).map((spec) => spec.name)
}

/** The attributes that all these schemas have alike, in the order of the first: they can be set for all at once. */
export function common(schemas: readonly (readonly AttributeSpec[])[]): readonly AttributeSpec[] {
  const [first, ...others] = schemas
  if (!first) return []
  const same = (a: AttributeSpec, b: AttributeSpec) =>
    a.name === b.name && a.type === b.type && (a.options ?? []).join('\0') === (b.options ?? []).join('\0')
  return first.filter((spec) => others.every((schema) => schema.some((other) => same(spec, other))))
}
