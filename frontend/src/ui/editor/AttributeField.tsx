/** One attribute of an object, by its schema. Text and numbers are written when the field is left or Enter pressed. */
import { type KeyboardEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { AttributeSpec } from '@/sync/api'
import { Field, Select, SwitchField } from '@/ui/kit/Field'

interface AttributeFieldProps {
  readonly spec: AttributeSpec
  readonly value: unknown
  readonly readOnly: boolean
  readonly onValue: (value: unknown) => void
}

export function AttributeField({ spec, value, readOnly, onValue }: AttributeFieldProps) {
  const { t } = useTranslation('editor')
  const shown = value ?? spec.default
  if (spec.type === 'checkbox')
    return <SwitchField label={spec.name} disabled={readOnly} checked={shown === true} onValue={onValue} />
  if (spec.type === 'select')
    return (
      <Field label={spec.name} optional={spec.required !== true}>
        {(ids) => (
          <Select
            size="sm"
            id={ids.id}
            label={spec.name}
            disabled={readOnly}
            value={typeof shown === 'string' ? shown : ''}
            choices={(spec.options ?? []).map((option) => ({ value: option, label: option }))}
            onValue={onValue}
          />
        )}
      </Field>
    )
  const missing = spec.required === true && (shown === undefined || shown === '')
  return (
    <Field label={spec.name} optional={spec.required !== true} error={missing ? t('attributeNeeded') : null}>
      {(ids) => <WrittenField ids={ids} spec={spec} value={shown} readOnly={readOnly} onValue={onValue} />}
    </Field>
  )
}

interface WrittenProps extends AttributeFieldProps {
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
    else if (text.trim() !== '' && Number.isFinite(Number(text))) onValue(Number(text))
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
