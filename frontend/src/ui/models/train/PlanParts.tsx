/** Inputs for the values of a plan that have parts: pairs, lists of numbers, weighted losses, named settings. */
import { Plus, X } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { PlanValue } from '@/sync/learningApi'
import { IconButton } from '@/ui/kit/Button'
import { Checkbox, Select } from '@/ui/kit/Field'
import { numberIn } from '@/ui/kit/format'

import { RANGES } from '../format'
import { isRecord, LOSSES } from './planFields'

type Parts = readonly PlanValue[]
type Settings = Readonly<Record<string, PlanValue>>

/** How a value is changed: as one text, or in parts. */
export type Shape = 'text' | 'pair' | 'numbers' | 'losses' | 'settings'

/** The name of a weighted loss; empty where a part is none. */
const lossName = (part: PlanValue | undefined): string =>
  isRecord(part) && typeof part.name === 'string' ? part.name : ''
const isNumeric = (value: PlanValue) => typeof value === 'number'

export function shapeOf(value: PlanValue | undefined): Shape {
  if (Array.isArray(value)) {
    const parts = value as Parts
    if (parts.length > 0 && parts.every(isNumeric)) return parts.length === 2 ? 'pair' : 'numbers'
    const weighted = parts.every((part) => LOSSES.includes(lossName(part)))
    return parts.length > 0 && weighted ? 'losses' : 'text'
  }
  if (!isRecord(value)) return 'text'
  const plain = Object.values(value).every(
    (part) => isNumeric(part) || typeof part === 'boolean' || shapeOf(part) === 'pair',
  )
  return plain ? 'settings' : 'text'
}

/** What is written in the parts now: the text of the field where it can be read, else what the plan says. */
export function writtenParts(text: string, value: PlanValue | undefined): PlanValue | undefined {
  try {
    const written = JSON.parse(text) as PlanValue
    return Array.isArray(written) === Array.isArray(value) ? written : value
  } catch {
    return value
  }
}

interface PartsProps {
  readonly label: string
  readonly describedBy: string | undefined
  readonly value: PlanValue
  readonly onValue: (value: PlanValue) => void
}

interface NumberPartProps {
  readonly label: string
  readonly describedBy: string | undefined
  readonly value: PlanValue | undefined
  readonly onText: (text: string) => void
}

function NumberPart({ label, describedBy, value, onText }: NumberPartProps) {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : ''
  return (
    <input
      className="input input-sm num plan-number"
      inputMode="decimal"
      aria-label={label}
      aria-invalid={numberIn(text) === null || undefined}
      aria-describedby={describedBy}
      value={text}
      onChange={(event) => onText(event.target.value)}
    />
  )
}

function PairParts({ label, describedBy, value, between = '×', onValue }: PartsProps & { between?: string }) {
  const parts = value as Parts
  const put = (place: number, text: string) =>
    onValue(parts.map((part, each) => (each === place ? text : part)))
  return (
    <span className="plan-pair">
      <NumberPart
        label={`${label}, 1`}
        describedBy={describedBy}
        value={parts[0]}
        onText={(text) => put(0, text)}
      />
      <span aria-hidden>{between}</span>
      <NumberPart
        label={`${label}, 2`}
        describedBy={describedBy}
        value={parts[1]}
        onText={(text) => put(1, text)}
      />
    </span>
  )
}

/** "0.3, 1, 2.5" as the parts of a list; what is no number stays as it was typed. */
export function numbersIn(text: string): readonly string[] {
  return text.split(/[;,]\s*|\s+/).filter((part) => part !== '')
}

function NumbersPart({ label, describedBy, value, onValue }: PartsProps) {
  const parts = (value as Parts).map(String)
  // A separator that was just typed is no part yet: the text stays as long as it says what the value is.
  const [typed, setTyped] = useState('')
  const same = numbersIn(typed).join() === parts.join()
  return (
    <input
      className="input input-sm num"
      inputMode="text"
      aria-label={label}
      aria-describedby={describedBy}
      value={same ? typed : parts.join(', ')}
      onChange={(event) => {
        setTyped(event.target.value)
        onValue(numbersIn(event.target.value))
      }}
    />
  )
}

function LossParts({ label, describedBy, value, onValue }: PartsProps) {
  const { t } = useTranslation('plan')
  const losses = value as readonly Settings[]
  const names = losses.map(lossName)
  const free = LOSSES.filter((name) => !names.includes(name))
  const put = (place: number, part: Settings) =>
    onValue(losses.map((loss, each) => (each === place ? { ...loss, ...part } : loss)))
  const word = (name: string) => t(`word.${name}`, name)
  return (
    <ul className="plan-losses" aria-label={label}>
      {losses.map((loss, place) => {
        const name = names[place] ?? ''
        return (
          <li key={name}>
            <NumberPart
              label={t('lossWeight', { name: word(name) })}
              describedBy={describedBy}
              value={loss.weight}
              onText={(weight) => put(place, { weight })}
            />
            <span aria-hidden>×</span>
            <Select
              size="sm"
              className="grow"
              label={label}
              value={name}
              choices={[name, ...free].map((one) => ({ value: one, label: word(one) }))}
              onValue={(next) => put(place, { name: next })}
            />
            {losses.length > 1 && (
              <IconButton
                size="sm"
                label={t('lossRemove', { name: word(name) })}
                onClick={() => onValue(losses.filter((one) => one !== loss))}
              >
                <X size={14} aria-hidden />
              </IconButton>
            )}
          </li>
        )
      })}
      {free[0] !== undefined && (
        <li>
          <button
            type="button"
            className="btn btn-ghost btn-sm"
            onClick={() => onValue([...losses, { name: free[0] ?? '', weight: 1 }])}
          >
            <Plus size={14} aria-hidden />
            {t('lossAdd')}
          </button>
        </li>
      )}
    </ul>
  )
}

function SettingsParts({ label, describedBy, value, onValue }: PartsProps) {
  const { t } = useTranslation('plan')
  const settings = value as Settings
  return (
    <div className="plan-settings" role="group" aria-label={label}>
      {Object.entries(settings).map(([key, part]) => {
        const name = t(`field.${key}`, key)
        const put = (next: PlanValue) => onValue({ ...settings, [key]: next })
        if (typeof part === 'boolean')
          return <Checkbox key={key} label={name} checked={part} onValue={(on) => put(on)} />
        return (
          <div key={key} className="plan-setting">
            <span aria-hidden>{name}</span>
            {Array.isArray(part) ? (
              <PairParts
                label={name}
                describedBy={describedBy}
                value={part as Parts}
                between={RANGES.includes(key) ? '–' : '×'}
                onValue={put}
              />
            ) : (
              <NumberPart label={name} describedBy={describedBy} value={part} onText={put} />
            )}
          </div>
        )
      })}
    </div>
  )
}

const INPUTS = { pair: PairParts, numbers: NumbersPart, losses: LossParts, settings: SettingsParts } as const

interface PlanPartsProps extends PartsProps {
  readonly shape: Exclude<Shape, 'text'>
}

export function PlanParts({ shape, ...rest }: PlanPartsProps) {
  const Input = INPUTS[shape]
  return <Input {...rest} />
}
