/** Form fields: a label, a control, and below it either a hint or the error, tied together for screen readers. */
import { Check, ChevronDown, CircleAlert, Minus, Search } from 'lucide-react'
import { Checkbox as RadixCheckbox, DropdownMenu, Switch as RadixSwitch, ToggleGroup } from 'radix-ui'
import { useId, type ComponentProps, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

interface FieldProps {
  readonly label: string
  readonly hint?: ReactNode
  readonly error?: string | null | undefined
  readonly optional?: boolean
  readonly children: (ids: {
    id: string
    'aria-describedby': string | undefined
    'aria-invalid': true | undefined
  }) => ReactNode
}

export function Field({ label, hint, error, optional = false, children }: FieldProps) {
  const { t } = useTranslation()
  const id = useId()
  const below = `${id}-below`
  const told = error ? true : hint !== undefined
  return (
    <div className="field">
      <label className="field-label" htmlFor={id}>
        {label}
        {optional && <span className="field-optional"> ({t('optional')})</span>}
      </label>
      {children({
        id,
        'aria-describedby': told ? below : undefined,
        'aria-invalid': error ? true : undefined,
      })}
      {error ? (
        <p className="field-error" id={below} role="alert">
          <CircleAlert size={14} aria-hidden />
          {error}
        </p>
      ) : (
        hint !== undefined && (
          <p className="field-hint" id={below}>
            {hint}
          </p>
        )
      )}
    </div>
  )
}

interface TextFieldProps extends Omit<ComponentProps<'input'>, 'children' | 'onChange'> {
  readonly label: string
  readonly hint?: ReactNode
  readonly error?: string | null | undefined
  readonly optional?: boolean
  readonly onValue: (value: string) => void
}

export function TextField({ label, hint, error, optional = false, onValue, ...rest }: TextFieldProps) {
  return (
    <Field label={label} hint={hint} error={error} optional={optional}>
      {(ids) => (
        <input className="input" {...ids} {...rest} onChange={(event) => onValue(event.target.value)} />
      )}
    </Field>
  )
}

interface TextAreaFieldProps extends Omit<ComponentProps<'textarea'>, 'children' | 'onChange'> {
  readonly label: string
  readonly hint?: ReactNode
  readonly optional?: boolean
  readonly onValue: (value: string) => void
}

export function TextAreaField({ label, hint, optional = false, onValue, ...rest }: TextAreaFieldProps) {
  return (
    <Field label={label} hint={hint} optional={optional}>
      {(ids) => (
        <textarea className="input" {...ids} {...rest} onChange={(event) => onValue(event.target.value)} />
      )}
    </Field>
  )
}

interface SearchInputProps {
  readonly label: string
  readonly value: string
  readonly onValue: (value: string) => void
}

export function SearchInput({ label, value, onValue }: SearchInputProps) {
  return (
    <div className="search grow">
      <Search size={16} aria-hidden />
      <input
        className="input"
        type="search"
        aria-label={label}
        placeholder={label}
        value={value}
        onChange={(event) => onValue(event.target.value)}
      />
    </div>
  )
}

export interface Choice<T extends string> {
  readonly value: T
  readonly label: string
  readonly hint?: string
  readonly mark?: ReactNode
}
interface SelectProps<T extends string> {
  readonly label: string
  readonly value: T
  readonly choices: readonly Choice<T>[]
  readonly onValue: (value: T) => void
  readonly disabled?: boolean
  readonly size?: 'sm' | 'md'
  readonly id?: string | undefined
  readonly className?: string
  /** Shown before the value inside the button ("Sort: newest"). */
  readonly prefix?: string
}

/** A single choice from a menu. The button's accessible name is `label: value`. */
export function Select<T extends string>(props: SelectProps<T>) {
  const { label, value, choices, onValue, disabled = false, size = 'md', className = '', prefix } = props
  const chosen = choices.find((choice) => choice.value === value)
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild>
        <button
          type="button"
          id={props.id}
          className={`input select ${size === 'sm' ? 'input-sm' : ''} ${className}`}
          disabled={disabled}
          aria-label={`${label}: ${chosen?.label ?? ''}`}
        >
          <span className="row truncate">
            {chosen?.mark}
            <span className="truncate">
              {prefix !== undefined && <span className="muted">{prefix} </span>}
              {chosen?.label ?? ''}
            </span>
          </span>
          <ChevronDown size={16} aria-hidden />
        </button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="start" sideOffset={4} collisionPadding={8}>
          <DropdownMenu.RadioGroup value={value} onValueChange={(next) => onValue(next as T)}>
            {choices.map((choice) => (
              <DropdownMenu.RadioItem key={choice.value} value={choice.value} className="menu-item">
                {choice.mark}
                <span>
                  {choice.label}
                  {choice.hint !== undefined && (
                    <span className="small muted">
                      <br />
                      {choice.hint}
                    </span>
                  )}
                </span>
                <DropdownMenu.ItemIndicator className="menu-check">
                  <Check size={16} aria-hidden />
                </DropdownMenu.ItemIndicator>
              </DropdownMenu.RadioItem>
            ))}
          </DropdownMenu.RadioGroup>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}

interface SwitchFieldProps {
  readonly label: string
  readonly hint?: string
  readonly checked: boolean
  readonly disabled?: boolean
  readonly onValue: (value: boolean) => void
}

export function SwitchField({ label, hint, checked, disabled = false, onValue }: SwitchFieldProps) {
  const id = useId()
  return (
    <div className="switch-row">
      <div>
        <label className="field-label" htmlFor={id}>
          {label}
        </label>
        {hint !== undefined && (
          <p className="field-hint" id={`${id}-hint`}>
            {hint}
          </p>
        )}
      </div>
      <RadixSwitch.Root
        id={id}
        className="switch"
        checked={checked}
        disabled={disabled}
        onCheckedChange={onValue}
        aria-describedby={hint !== undefined ? `${id}-hint` : undefined}
      >
        <RadixSwitch.Thumb />
      </RadixSwitch.Root>
    </div>
  )
}

interface CheckboxProps {
  readonly label: string
  readonly checked: boolean | 'indeterminate'
  readonly onValue: (value: boolean) => void
  /** Keeps the label for screen readers only. */
  readonly bare?: boolean
  readonly onClick?: ComponentProps<'button'>['onClick']
}

export function Checkbox({ label, checked, onValue, bare = false, onClick }: CheckboxProps) {
  const box = (
    <RadixCheckbox.Root
      className="checkbox"
      checked={checked}
      onCheckedChange={(value) => onValue(value === true)}
      onClick={onClick}
      aria-label={label}
    >
      <RadixCheckbox.Indicator>
        {checked === 'indeterminate' ? (
          <Minus size={14} strokeWidth={3} aria-hidden />
        ) : (
          <Check size={14} strokeWidth={3} aria-hidden />
        )}
      </RadixCheckbox.Indicator>
    </RadixCheckbox.Root>
  )
  if (bare) return box
  return (
    <label className="check-row">
      {box}
      <span>{label}</span>
    </label>
  )
}

interface SegmentedProps<T extends string> {
  readonly label: string
  readonly value: T
  readonly choices: readonly { value: T; label: ReactNode; name?: string }[]
  readonly onValue: (value: T) => void
}

/** A few exclusive choices side by side. */
export function Segmented<T extends string>({ label, value, choices, onValue }: SegmentedProps<T>) {
  return (
    <ToggleGroup.Root
      type="single"
      className="segmented"
      aria-label={label}
      value={value}
      onValueChange={(next) => next !== '' && onValue(next as T)}
    >
      {choices.map((choice) => (
        <ToggleGroup.Item key={choice.value} value={choice.value} aria-label={choice.name}>
          {choice.label}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  )
}
