/** One class of the palette: order handle, colour, name, hotkey, stuff or thing, and its details below. */
import { ChevronDown, CircleAlert, GripVertical, Trash2 } from 'lucide-react'
import { useId, useState, type KeyboardEvent, type PointerEvent } from 'react'
import { useTranslation } from 'react-i18next'

import { IconButton } from '@/ui/kit/Button'
import { Segmented, TextField } from '@/ui/kit/Field'
import { integer } from '@/ui/kit/format'

import { AttributesEditor } from './AttributesEditor'
import { ColourPicker } from './ColourPicker'
import type { DraftClass, Flaws } from './model'

interface ClassRowProps {
  readonly draft: DraftClass
  readonly position: number
  readonly flaws: Flaws | undefined
  readonly taken: ReadonlySet<string>
  readonly disabled: boolean
  readonly dragged: boolean
  readonly showCount: boolean
  readonly onChange: (change: Partial<DraftClass>) => void
  readonly onRemove: () => void
  readonly onMove: (step: number) => void
  readonly onGrab: (event: PointerEvent<HTMLElement>) => void
  readonly onEnter: () => void
}

function HotkeyField({ draft, flaws, disabled, onChange }: ClassRowProps) {
  const { t } = useTranslation('palette')
  const press = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === 'Backspace' || event.key === 'Delete') onChange({ hotkey: '' })
    else if (/^[a-z0-9]$/i.test(event.key)) onChange({ hotkey: event.key.toLowerCase() })
    else return
    event.preventDefault()
  }
  return (
    <input
      className="input input-sm hotkey-field"
      aria-label={t('hotkey.of', { name: draft.name })}
      title={t('hotkey.hint')}
      value={draft.hotkey.toUpperCase()}
      placeholder="–"
      disabled={disabled}
      aria-invalid={flaws?.hotkey ? true : undefined}
      onKeyDown={press}
      onChange={(event) => onChange({ hotkey: event.target.value.slice(-1).toLowerCase() })}
    />
  )
}

function Details({ draft, disabled, onChange }: ClassRowProps) {
  const { t } = useTranslation('palette')
  return (
    <div className="palette-details">
      <TextField
        label={t('supercategory')}
        optional
        hint={t('supercategory.hint')}
        value={draft.supercategory}
        disabled={disabled}
        maxLength={100}
        onValue={(supercategory) => onChange({ supercategory })}
      />
      <AttributesEditor
        value={draft.attributes}
        disabled={disabled}
        onValue={(attributes) => onChange({ attributes })}
      />
    </div>
  )
}

export function ClassRow(props: ClassRowProps) {
  const { draft, position, flaws, taken, disabled, dragged, showCount } = props
  const { onChange, onRemove, onMove, onGrab, onEnter } = props
  const { t, i18n } = useTranslation('palette')
  const [open, setOpen] = useState(false)
  const told = useId()
  const said = Object.values(flaws ?? {})
  const name = draft.name || t('unnamed')
  const moveByKey = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return
    event.preventDefault()
    onMove(event.key === 'ArrowUp' ? -1 : 1)
  }
  return (
    <li className="palette-row" data-dragged={dragged || undefined} data-testid="class-row">
      <div className="palette-line">
        <button
          type="button"
          className="palette-handle"
          disabled={disabled}
          aria-label={t('move', { name, position: position + 1 })}
          onKeyDown={moveByKey}
          onPointerDown={onGrab}
        >
          <GripVertical size={16} aria-hidden />
        </button>
        <ColourPicker
          value={draft.colour}
          className={name}
          taken={taken}
          invalid={flaws?.colour !== undefined}
          disabled={disabled}
          onValue={(colour) => onChange({ colour })}
        />
        <input
          className="input input-sm palette-name"
          aria-label={t('name', { number: position + 1 })}
          value={draft.name}
          maxLength={100}
          disabled={disabled}
          data-class-key={draft.key}
          aria-invalid={flaws?.name ? true : undefined}
          aria-describedby={said.length > 0 ? told : undefined}
          onChange={(event) => onChange({ name: event.target.value })}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || event.nativeEvent.isComposing) return
            event.preventDefault()
            onEnter()
          }}
        />
        <HotkeyField {...props} />
        <fieldset disabled={disabled} className="palette-kind">
          <Segmented
            label={t('kind.of', { name })}
            value={draft.is_thing ? 'thing' : 'stuff'}
            choices={[
              { value: 'thing', label: t('kind.thing') },
              { value: 'stuff', label: t('kind.stuff') },
            ]}
            onValue={(kind) => !disabled && onChange({ is_thing: kind === 'thing' })}
          />
        </fieldset>
        {showCount && (
          <span className="palette-count num small muted">
            {t('objects', { count: draft.objectCount, number: integer(draft.objectCount, i18n.language) })}
          </span>
        )}
        <IconButton
          size="sm"
          label={t('details', { name })}
          aria-expanded={open}
          data-open={open || undefined}
          onClick={() => setOpen(!open)}
        >
          <ChevronDown size={16} aria-hidden className="chevron" />
        </IconButton>
        {!disabled && (
          <IconButton size="sm" label={t('remove', { name })} onClick={onRemove}>
            <Trash2 size={16} aria-hidden />
          </IconButton>
        )}
      </div>
      {said.length > 0 && (
        <p className="palette-flaw" id={told} role="alert">
          <CircleAlert size={14} aria-hidden />
          {said.map((flaw) => t(`flaw.${flaw}`)).join(' ')}
        </p>
      )}
      {open && <Details {...props} />}
    </li>
  )
}
