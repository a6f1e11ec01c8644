/** Attributes of a copied object that the class has here; others would be refused by the server. */
import { type AnnotationRecord, withFields } from '@/core/document'
import type { AttributeSpec, LabelClass } from '@/sync/api'

export function attributesFor(record: AnnotationRecord, classes: readonly LabelClass[]): AnnotationRecord {
  const names = Object.entries(record.attributes)
  if (names.length === 0) return record
  const specs = classes.find((item) => item.index === record.classIndex)?.attributes ?? []
  const kept = names.filter(([name, value]) => {
    const spec = specs.find((one) => one.name === name)
    return spec !== undefined && allows(spec, value)
  })
  return kept.length === names.length ? record : withFields(record, { attributes: Object.fromEntries(kept) })
}

function allows({ type, options }: AttributeSpec, value: unknown): boolean {
  switch (type) {
    case 'checkbox':
      return typeof value === 'boolean'
    case 'number':
      return typeof value === 'number'
    case 'text':
      return typeof value === 'string'
    case 'select':
      return typeof value === 'string' && (options ?? []).includes(value)
  }
}
