/** A small field for one number: what is typed counts when it is a number, brought within its limits, on leaving. */
import { useState } from 'react'

interface NumberInputProps {
  readonly label: string
  readonly value: number
  readonly limits: readonly [number, number]
  readonly onValue: (value: number) => void
}

export function NumberInput({ label, value, limits: [least, most], onValue }: NumberInputProps) {
  const [text, setText] = useState<string | null>(null)
  const take = () => {
    const typed = Number.parseFloat((text ?? '').replace(',', '.'))
    if (Number.isFinite(typed)) onValue(Math.min(most, Math.max(least, typed)))
    setText(null)
  }
  return (
    <input
      className="input input-sm number-input num"
      inputMode="decimal"
      aria-label={label}
      value={text ?? String(value)}
      onFocus={(event) => event.target.select()}
      onChange={(event) => setText(event.target.value)}
      onBlur={take}
      onKeyDown={(event) => {
        if (event.key === 'Enter') take()
        if (event.key === 'Escape') setText(null)
      }}
    />
  )
}
