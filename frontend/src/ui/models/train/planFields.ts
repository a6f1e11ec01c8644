/** How the fields of a plan are grouped, shown and changed. Owns no rules: the planner checks what people choose. */
import type { Plan, PlanValue, Reasons } from '@/sync/learningApi'
import { numberIn } from '@/ui/kit/format'

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

/** The losses that may be added up; those of a detector are fixed by its network. */
export const LOSSES: readonly string[] = ['cross_entropy', 'dice', 'focal', 'lovasz', 'tversky', 'boundary']

/** A value that says nothing about this training: an empty one that the planner gives no reason for. */
function isIdle(value: PlanValue | undefined): boolean {
  return value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
}

/** The plan's fields in the order in which they are shown: the main ones first, idle ones not at all. */
export function fieldsOf(
  plan: Plan,
  reasons: Reasons = {},
): { readonly main: readonly string[]; readonly more: readonly string[] } {
  const all = Object.keys(plan).filter(
    (field) => !HIDDEN_FIELDS.includes(field) && !(isIdle(plan[field]) && !(field in reasons)),
  )
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
    const value = numberIn(trimmed)
    return value === null ? { problem: 'number' } : { value }
  }
  if (typeof before === 'string') return { value: trimmed }
  if (typeof before === 'boolean') return { value: trimmed === 'true' }
  if (trimmed === '') return { value: null }
  let value: PlanValue
  try {
    value = JSON.parse(trimmed) as PlanValue
  } catch {
    return { problem: 'json' }
  }
  const shaped = likeBefore(value, before)
  return shaped === undefined ? { problem: 'number' } : { value: shaped }
}

/** Whether a value has named parts. */
export const isRecord = (value: unknown): value is Readonly<Record<string, PlanValue>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Numbers that were typed into a part of a value are texts until here; undefined where one of them is no number. */
function likeBefore(value: PlanValue, before: PlanValue | undefined): PlanValue | undefined {
  if (typeof before === 'number' && typeof value === 'string') return numberIn(value) ?? undefined
  if (Array.isArray(value) && Array.isArray(before)) {
    const [first] = before as readonly PlanValue[]
    const parts = (value as readonly PlanValue[]).map((each, place) =>
      likeBefore(each, (before as readonly PlanValue[])[place] ?? first),
    )
    return parts.every((part) => part !== undefined) ? parts : undefined
  }
  if (isRecord(value) && isRecord(before)) {
    const parts = Object.entries(value).map(([key, each]) => [key, likeBefore(each, before[key])] as const)
    return parts.every(([, part]) => part !== undefined)
      ? (Object.fromEntries(parts) as Readonly<Record<string, PlanValue>>)
      : undefined
  }
  return value
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
