/**
 * One attribute of the selected objects, by its schema. Text and numbers are written when the field is left or Enter
 * pressed. Objects that differ show no value until one is set for all.
 */
import { type KeyboardEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { type AttributeSpec, missingRequired } from '@/core/attributes'
import { Field, Select, SwitchField } from '@/ui/kit/Field'

interface AttributeFieldProps {
  readonly spec: AttributeSpec
  readonly value: unknown
  /** The selected objects have different values. */
  readonly mixed: boolean
  readonly readOnly: boolean
  readonly onValue: (value: unknown) => void
}

export function AttributeField({ spec, value, mixed, readOnly, onValue }: AttributeFieldProps) {
  const { t } = useTranslation('together')
  const required = spec.required === true
  const missing = !mixed && missingRequired({ [spec.name]: value }, [spec]).length > 0
  const needed = missing ? t('attribute.needed') : null
  if (spec.type === 'checkbox') {
    const hint = mixed ? t('attribute.mixed') : needed
    return (
      <SwitchField
        label={required ? `${spec.name} *` : spec.name}
        {...(hint === null ? {} : { hint })}
        disabled={readOnly}
        checked={value === true}
        onValue={onValue}
      />
    )
  }
  return (
    <Field
      label={required ? `${spec.name} *` : spec.name}
      optional={!required}
      error={needed}
      {...(mixed ? { hint: t('attribute.mixed') } : {})}
    >
      {(ids) =>
        spec.type === 'select' ? (
          <Select
            size="sm"
            id={ids.id}
            label={spec.name}
            disabled={readOnly}
            value={typeof value === 'string' ? value : ''}
            choices={[
              ...(required ? [] : [{ value: '', label: t('attribute.none') }]),
              ...(spec.options ?? []).map((option) => ({ value: option, label: option })),
            ]}
            onValue={(option) => onValue(option === '' ? null : option)}
          />
        ) : (
          <WrittenField ids={ids} spec={spec} value={value} readOnly={readOnly} onValue={onValue} />
        )
      }
    </Field>
  )
}

interface WrittenProps extends Omit<AttributeFieldProps, 'mixed'> {
  readonly ids: object
}

function WrittenField({ ids, spec, value, readOnly, onValue }: WrittenProps) {
  const given = typeof value === 'string' || typeof value === 'number' ? String(value) : ''
  const [text, setText] = useState(given)
  const [last, setLast] = useState(given)
  if (given !== last) {
    setLast(given)
    setText(given)
  }
  const write = () => {
    if (text === given) return
    if (spec.type === 'text') onValue(text)
    else if (text.trim() === '') onValue(null)
    else if (Number.isFinite(Number(text))) onValue(Number(text))
    else setText(given)
  }
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === 'Enter') event.currentTarget.blur()
    if (event.key === 'Escape') setText(given)
  }
  return (
    <input
      className="input input-sm"
      {...ids}
      readOnly={readOnly}
      inputMode={spec.type === 'number' ? 'decimal' : 'text'}
      value={text}
      onChange={(event) => setText(event.target.value)}
      onBlur={write}
      onKeyDown={onKeyDown}
    />
  )
}
