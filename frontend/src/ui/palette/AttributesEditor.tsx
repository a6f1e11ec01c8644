/** The extra fields that objects of one class carry: a choice, a checkbox, a number or a text. */
import { Plus, Trash2 } from 'lucide-react'
import { useTranslation } from 'react-i18next'

import type { AttributeSpec } from '@/sync/api'
import { Button, IconButton } from '@/ui/kit/Button'
import { Checkbox, Select } from '@/ui/kit/Field'

const TYPES: readonly AttributeSpec['type'][] = ['select', 'checkbox', 'number', 'text']

interface AttributesEditorProps {
  readonly value: readonly AttributeSpec[]
  readonly disabled: boolean
  readonly onValue: (value: readonly AttributeSpec[]) => void
}

function optionsOf(text: string): string[] {
  return text
    .split(',')
    .map((option) => option.trim())
    .filter(Boolean)
}

export function AttributesEditor({ value, disabled, onValue }: AttributesEditorProps) {
  const { t } = useTranslation('palette')
  const change = (position: number, patch: Partial<AttributeSpec>) =>
    onValue(value.map((each, other) => (other === position ? { ...each, ...patch } : each)))
  return (
    <fieldset className="attributes" disabled={disabled}>
      <legend className="field-label">{t('attributes.title')}</legend>
      {value.length === 0 && <p className="field-hint">{t('attributes.empty')}</p>}
      {value.map((attribute, position) => (
        <div key={position} className="attribute-row">
          <input
            className="input input-sm"
            aria-label={t('attributes.name', { number: position + 1 })}
            placeholder={t('attributes.namePlaceholder')}
            value={attribute.name}
            onChange={(event) => change(position, { name: event.target.value })}
          />
          <Select
            size="sm"
            label={t('attributes.type')}
            value={attribute.type}
            disabled={disabled}
            choices={TYPES.map((type) => ({ value: type, label: t(`attributes.type.${type}`) }))}
            onValue={(type) => change(position, { type })}
          />
          {attribute.type === 'select' ? (
            <input
              className="input input-sm"
              aria-label={t('attributes.options')}
              placeholder={t('attributes.optionsPlaceholder')}
              defaultValue={(attribute.options ?? []).join(', ')}
              onChange={(event) => change(position, { options: optionsOf(event.target.value) })}
            />
          ) : (
            <span />
          )}
          <Checkbox
            label={t('attributes.required')}
            checked={attribute.required ?? false}
            onValue={(required) => change(position, { required })}
          />
          <IconButton
            size="sm"
            label={t('attributes.remove', { name: attribute.name || String(position + 1) })}
            onClick={() => onValue(value.filter((_, other) => other !== position))}
          >
            <Trash2 size={16} aria-hidden />
          </IconButton>
        </div>
      ))}
      {!disabled && (
        <div>
          <Button
            size="sm"
            icon={<Plus size={14} aria-hidden />}
            onClick={() => onValue([...value, { name: '', type: 'select', options: [], required: false }])}
          >
            {t('attributes.add')}
          </Button>
        </div>
      )}
    </fieldset>
  )
}
