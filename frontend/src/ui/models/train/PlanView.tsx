/** A plan with the reason for each value; where it may be changed, each value can be replaced and put back. */
import { ChevronDown, Info, RotateCcw } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { Plan, PlanValue, Reasons } from '@/sync/learningApi'
import { Badge } from '@/ui/kit/Bits'
import { Button, IconButton } from '@/ui/kit/Button'
import { Select } from '@/ui/kit/Field'

import { planText, reasonText } from '../format'
import { CHOICES, FIXED_FIELDS, fieldsOf, inputText } from './planFields'
import { PlanParts, shapeOf, writtenParts } from './PlanParts'

export interface PlanChanges {
  /** What a person wrote, by field. */
  readonly texts: Readonly<Record<string, string>>
  readonly problems: Readonly<Record<string, string>>
  readonly encoders: readonly string[]
  readonly onText: (field: string, text: string | null) => void
}

interface ValueProps {
  readonly field: string
  readonly value: PlanValue | undefined
  readonly changes: PlanChanges
}

function PlanInput({ field, value, changes }: ValueProps) {
  const { t } = useTranslation('plan')
  const label = t(`field.${field}`, field)
  const text = changes.texts[field] ?? inputText(value)
  const given = field === 'encoder' ? changes.encoders : (CHOICES[field] ?? [])
  const problem = changes.problems[field]
  const choices = typeof value === 'boolean' ? ['true', 'false'] : given
  const shape = shapeOf(value)
  const describedBy = problem === undefined ? undefined : `plan-${field}-problem`
  if (shape !== 'text') {
    return (
      <PlanParts
        shape={shape}
        label={label}
        describedBy={describedBy}
        value={writtenParts(text, value) ?? null}
        onValue={(next) => changes.onText(field, JSON.stringify(next))}
      />
    )
  }
  if (choices.length > 0) {
    const all = choices.includes(text) ? choices : [text, ...choices]
    return (
      <Select
        size="sm"
        label={label}
        value={text}
        choices={all.map((choice) => ({
          value: choice,
          label: choice === '' ? t('none') : t(`word.${choice}`, choice),
        }))}
        onValue={(next) => changes.onText(field, next)}
      />
    )
  }
  return (
    <input
      className="input input-sm mono"
      aria-label={label}
      aria-invalid={problem !== undefined || undefined}
      aria-describedby={describedBy}
      inputMode={typeof value === 'number' ? 'decimal' : 'text'}
      spellCheck={false}
      value={text}
      onChange={(event) => changes.onText(field, event.target.value)}
    />
  )
}

interface PlanViewProps {
  readonly plan: Plan
  readonly reasons: Reasons
  /** Given where values can be changed. */
  readonly changes?: PlanChanges | undefined
  /** Fields that a person chose; marked. */
  readonly chosen?: readonly string[]
}

function PlanRow({ field, plan, reasons, changes, chosen = [] }: PlanViewProps & { readonly field: string }) {
  const { t, i18n } = useTranslation('plan')
  const { t: any } = useTranslation()
  const changed = changes ? field in changes.texts : chosen.includes(field)
  const problem = changes?.problems[field]
  return (
    <div className="plan-row" data-changed={changed || undefined} data-testid={`plan-${field}`}>
      <dt>
        {t(`field.${field}`, field)}
        {changed && <Badge tone="accent">{t('changed')}</Badge>}
      </dt>
      <dd>
        {changes && !FIXED_FIELDS.includes(field) ? (
          <span className="plan-edit">
            <PlanInput field={field} value={plan[field]} changes={changes} />
            {changed && (
              <IconButton size="sm" label={t('reset')} onClick={() => changes.onText(field, null)}>
                <RotateCcw size={14} aria-hidden />
              </IconButton>
            )}
          </span>
        ) : (
          <strong className="num">{planText(plan[field], i18n.language, any)}</strong>
        )}
        {problem !== undefined && (
          <p className="field-error" id={`plan-${field}-problem`} role="alert">
            {problem}
          </p>
        )}
        <p className="small muted">{reasonText(reasons[field], i18n.language, any)}</p>
      </dd>
    </div>
  )
}

export function PlanView(props: PlanViewProps) {
  const { plan, reasons, changes } = props
  const { t, i18n } = useTranslation('plan')
  const { t: any } = useTranslation()
  const { main, more } = fieldsOf(plan, reasons)
  const wrongBelow = changes !== undefined && more.some((field) => field in changes.problems)
  const [opened, setOpened] = useState(false)
  const open = opened || wrongBelow
  const notes = Object.entries(reasons).filter(
    ([field, reason]) => field === 'validation' || reason.code === 'classes_without_examples',
  )
  return (
    <div className="stack-2">
      {notes.map(([field, reason]) => (
        <div key={field} className="notice notice-warning">
          <Info size={18} aria-hidden />
          <p>{reasonText(reason, i18n.language, any)}</p>
        </div>
      ))}
      <dl className="plan">
        {main.map((field) => (
          <PlanRow key={field} field={field} {...props} />
        ))}
        {open && more.map((field) => <PlanRow key={field} field={field} {...props} />)}
      </dl>
      {more.length > 0 && (
        <div>
          <Button
            size="sm"
            variant="ghost"
            aria-expanded={open}
            icon={<ChevronDown size={14} aria-hidden className={open ? 'turned' : ''} />}
            onClick={() => setOpened(!open)}
          >
            {open ? t('less') : t('more', { count: more.length })}
          </Button>
        </div>
      )}
    </div>
  )
}
