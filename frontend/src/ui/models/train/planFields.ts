/** How the fields of a plan are grouped, shown and changed. Owns no rules: the planner checks what people choose. */
import type { Plan, PlanValue } from '@/sync/learningApi'

/** Shown at once; the rest opens with "Advanced". */
export const MAIN_FIELDS = [
  'encoder',
  'weights',
  'input_size',
  'batch_size',
  'steps',
  'learning_rate',
  'losses',
  'augmentation',
] as const
/** Said elsewhere in the dialog, or nothing that a person chooses. */
export const HIDDEN_FIELDS: readonly string[] = [
  'architecture',
  'purpose',
  'classes',
  'device',
  'minutes',
  'seed',
]
/** Follow from the project: nobody can choose them. */
export const FIXED_FIELDS: readonly string[] = ['instances']
/** What a field may be where that is a short list; the server has the last word. */
export const CHOICES: Readonly<Record<string, readonly string[]>> = {
  weights: ['packaged', 'scratch', 'hub'],
  background: ['class', 'ignore'],
  variant: ['v1', 'v2'],
  optimizer: ['adamw', 'sgd'],
  schedule: ['poly', 'cosine'],
  precision: ['float32', 'bfloat16', 'float16'],
}

/** The plan's fields in the order in which they are shown: the main ones first. */
export function fieldsOf(plan: Plan): { readonly main: readonly string[]; readonly more: readonly string[] } {
  const all = Object.keys(plan).filter((field) => !HIDDEN_FIELDS.includes(field))
  const main = MAIN_FIELDS.filter((field) => all.includes(field))
  return { main, more: all.filter((field) => !(main as readonly string[]).includes(field)) }
}

/** A value as the text of an input. */
export function inputText(value: PlanValue | undefined): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

export type Parsed = { readonly value: PlanValue } | { readonly problem: 'number' | 'json' }

/** What a person wrote, as the kind of value that stood there before. */
export function parsed(text: string, before: PlanValue | undefined): Parsed {
  const trimmed = text.trim()
  if (typeof before === 'number') {
    const value = Number(trimmed.replace(',', '.'))
    return trimmed !== '' && Number.isFinite(value) ? { value } : { problem: 'number' }
  }
  if (typeof before === 'string') return { value: trimmed }
  if (typeof before === 'boolean') return { value: trimmed === 'true' }
  if (trimmed === '') return { value: null }
  try {
    return { value: JSON.parse(trimmed) as PlanValue }
  } catch {
    return { problem: 'json' }
  }
}

/** What a person changed, parsed against the plan; the fields whose text is no value are named. */
export function overridesOf(
  texts: Readonly<Record<string, string>>,
  plan: Plan,
): { readonly overrides: Plan; readonly problems: Readonly<Record<string, 'number' | 'json'>> } {
  const overrides: Record<string, PlanValue> = {}
  const problems: Record<string, 'number' | 'json'> = {}
  for (const [field, text] of Object.entries(texts)) {
    const found = parsed(text, plan[field])
    if ('problem' in found) problems[field] = found.problem
    else overrides[field] = found.value
  }
  return { overrides, problems }
}

/** The fields in which two or more plans differ. */
export function differences(plans: readonly Plan[]): readonly string[] {
  const fields = new Set(plans.flatMap((plan) => Object.keys(plan)))
  return [...fields].filter((field) => {
    if (field === 'device') return false
    return new Set(plans.map((plan) => JSON.stringify(plan[field] ?? null))).size > 1
  })
}
