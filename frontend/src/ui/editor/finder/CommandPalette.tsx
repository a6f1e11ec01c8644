/** The command palette: one field that finds every command, tool and class, and the project's images by name. */
import { CornerDownLeft, Image as ImageIcon, Search, Zap } from 'lucide-react'
import { Dialog as RadixDialog } from 'radix-ui'
import { type KeyboardEvent, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { CommandContext } from '../commands/command'
import { ICONS } from '../tools/icons'
import { ClassSwatch } from '../ClassSwatch'
import { type Entry, find, type Found, useEntries } from './entries'
import { Keys } from './Keys'
import { recentIds, rememberUse } from './recent'
import { useFoundImages } from './useFoundImages'
import './finder.css'

const SHOWN = 40

interface PaletteProps {
  readonly open: boolean
  readonly onOpenChange: (open: boolean) => void
  readonly context: CommandContext
}

export function CommandPalette({ open, onOpenChange, context }: PaletteProps) {
  const { t } = useTranslation('finder')
  return (
    <RadixDialog.Root open={open} onOpenChange={onOpenChange}>
      <RadixDialog.Portal>
        <RadixDialog.Overlay className="overlay" />
        <RadixDialog.Content className="palette" aria-describedby={undefined}>
          <RadixDialog.Title className="visually-hidden">{t('title')}</RadixDialog.Title>
          <Finder context={context} onDone={() => onOpenChange(false)} />
        </RadixDialog.Content>
      </RadixDialog.Portal>
    </RadixDialog.Root>
  )
}

function Finder({ context, onDone }: { readonly context: CommandContext; readonly onDone: () => void }) {
  const { t } = useTranslation('finder')
  const [query, setQuery] = useState('')
  const [chosen, setChosen] = useState(0)
  const entries = useEntries(context)
  const images = useFoundImages(context, useDeferredValue(query))
  const recent = useMemo(() => recentIds(), [])
  const found = useMemo(
    () => [...find(entries, query, recent, SHOWN), ...images],
    [entries, query, recent, images],
  )
  const list = useRef<HTMLUListElement>(null)
  const at = Math.min(chosen, Math.max(0, found.length - 1))
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' })
  }, [at, found])
  const run = (entry: Entry | undefined) => {
    if (entry?.refused !== null) return
    if (entry.kind !== 'image') rememberUse(entry.id)
    onDone()
    // After the dialog has given the focus back, so that what the command opens or focuses keeps it.
    setTimeout(entry.run)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key]
    if (step !== undefined && found.length > 0) {
      event.preventDefault()
      const next = at + step
      setChosen(Math.abs(step) === 1 ? (next + found.length) % found.length : clampTo(next, found.length))
    }
    if (event.key === 'Enter') {
      event.preventDefault()
      run(found[at]?.entry)
    }
  }
  return (
    <>
      <div className="palette-field">
        <Search size={18} aria-hidden />
        <input
          type="text"
          role="combobox"
          aria-expanded
          aria-controls="palette-list"
          aria-activedescendant={found.length > 0 ? `palette-${at}` : undefined}
          aria-label={t('title')}
          placeholder={t('placeholder')}
          autoComplete="off"
          spellCheck={false}
          value={query}
          onChange={(event) => {
            setQuery(event.target.value)
            setChosen(0)
          }}
          onKeyDown={onKeyDown}
        />
        <kbd>Esc</kbd>
      </div>
      <ul ref={list} id="palette-list" role="listbox" aria-label={t('title')} className="palette-list">
        {found.map((one, k) => (
          <Row
            key={one.entry.id}
            found={one}
            position={k}
            selected={k === at}
            onPoint={() => setChosen(k)}
            onRun={() => run(one.entry)}
          />
        ))}
      </ul>
      {found.length === 0 && <p className="palette-none">{t('nothing')}</p>}
      <p className="visually-hidden" role="status">
        {t('count', { count: found.length })}
      </p>
    </>
  )
}

const clampTo = (value: number, length: number) => Math.min(length - 1, Math.max(0, value))

interface RowProps {
  readonly found: Found
  readonly position: number
  readonly selected: boolean
  readonly onPoint: () => void
  readonly onRun: () => void
}

function Row({ found: { entry, at }, position, selected, onPoint, onRun }: RowProps) {
  return (
    <li
      id={`palette-${position}`}
      role="option"
      aria-selected={selected}
      aria-disabled={entry.refused !== null}
      className="palette-row"
      onPointerMove={onPoint}
      onClick={onRun}
    >
      <Mark entry={entry} />
      <span className="palette-name truncate">
        <Lit text={entry.name} at={at} />
      </span>
      <span className="palette-group truncate">{entry.refused ?? entry.group}</span>
      <span className="grow" />
      {entry.keys.slice(0, 2).map((chord) => (
        <Keys key={chord} chord={chord} />
      ))}
      {selected && entry.keys.length === 0 && <CornerDownLeft size={14} aria-hidden />}
    </li>
  )
}

function Mark({ entry }: { readonly entry: Entry }) {
  if (entry.kind === 'class')
    return <ClassSwatch index={Number(entry.id.split(':')[1])} colour={entry.colour} size={14} />
  const Icon =
    entry.kind === 'tool'
      ? ICONS[entry.id.split(':')[1] as keyof typeof ICONS]
      : entry.kind === 'image'
        ? ImageIcon
        : Zap
  return <Icon size={16} aria-hidden />
}

/** The name with the letters that were found set off. */
function Lit({ text, at }: { readonly text: string; readonly at: readonly number[] }) {
  if (at.length === 0) return text
  const lit = new Set(at)
  const parts: { text: string; lit: boolean }[] = []
  Array.from(text).forEach((letter, k) => {
    const last = parts.at(-1)
    if (last?.lit === lit.has(k)) last.text += letter
    else parts.push({ text: letter, lit: lit.has(k) })
  })
  return parts.map((part, k) => (part.lit ? <mark key={k}>{part.text}</mark> : part.text))
}
