/** Picks a class's colour from the distinguishable palette, or any colour, and shows how others see it. */
import { Check } from 'lucide-react'
import { Popover } from 'radix-ui'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { COLOURS } from './model'
import { contrast, seenAs, VISIONS } from './vision'

const SHOWN = 60

interface ColourPickerProps {
  readonly value: string
  readonly className: string
  /** Colours of the other classes. */
  readonly taken: ReadonlySet<string>
  readonly invalid: boolean
  readonly disabled: boolean
  readonly onValue: (colour: string) => void
}

/** Black or white, whichever can be read on the colour. */
export function inkOn(colour: string): string {
  return contrast(colour, '#000000') > contrast(colour, '#ffffff') ? '#000' : '#fff'
}

function HexField({
  value,
  onValue,
}: {
  readonly value: string
  readonly onValue: (colour: string) => void
}) {
  const { t } = useTranslation('palette')
  const [text, setText] = useState(value)
  const [shown, setShown] = useState(value)
  if (shown !== value) {
    setShown(value)
    setText(value)
  }
  const change = (next: string) => {
    setText(next)
    if (/^#[0-9a-f]{6}$/i.test(next)) onValue(next.toLowerCase())
  }
  return (
    <div className="row">
      <input
        type="color"
        className="colour-native"
        aria-label={t('colour.any')}
        value={value}
        onChange={(event) => onValue(event.target.value.toLowerCase())}
      />
      <input
        className="input input-sm mono"
        aria-label={t('colour.hex')}
        value={text}
        maxLength={7}
        spellCheck={false}
        onChange={(event) => change(event.target.value)}
      />
    </div>
  )
}

export function ColourPicker({ value, className, taken, invalid, disabled, onValue }: ColourPickerProps) {
  const { t } = useTranslation('palette')
  return (
    <Popover.Root>
      <Popover.Trigger asChild>
        <button
          type="button"
          className="colour-button"
          style={{ background: value }}
          data-invalid={invalid || undefined}
          disabled={disabled}
          aria-label={t('colour.of', { name: className, colour: value })}
        />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content className="popover colour-popover" align="start" sideOffset={6} collisionPadding={8}>
          <div className="colour-grid" role="group" aria-label={t('colour.palette')}>
            {COLOURS.slice(0, SHOWN).map((colour) => (
              <button
                key={colour}
                type="button"
                className="colour-cell"
                style={{ background: colour, color: inkOn(colour) }}
                disabled={taken.has(colour)}
                aria-pressed={colour === value}
                aria-label={taken.has(colour) ? t('colour.taken', { colour }) : colour}
                onClick={() => onValue(colour)}
              >
                {colour === value && <Check size={14} strokeWidth={3} aria-hidden />}
              </button>
            ))}
          </div>
          <HexField value={value} onValue={onValue} />
          <div className="vision-mini">
            {VISIONS.map((vision) => (
              <div key={vision}>
                <span style={{ background: seenAs(value, vision) }} />
                {t(`vision.short.${vision}`)}
              </div>
            ))}
          </div>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}
