/** The palette constructor: used for a new project and for the classes of a living one. */
import { ClipboardPaste, Plus, Shapes } from 'lucide-react'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { Button } from '@/ui/kit/Button'
import { TextAreaField } from '@/ui/kit/Field'

import { ClassRow } from './ClassRow'
import {
  addClasses,
  findFlaws,
  MAX_CLASSES,
  moveClass,
  parseLines,
  updateClass,
  type DraftClass,
} from './model'
import { useDragOrder } from './useDragOrder'
import { VisionPreview } from './VisionPreview'
import './palette.css'

interface PaletteEditorProps {
  readonly drafts: readonly DraftClass[]
  /** Takes a function of the newest drafts, as setState does. */
  readonly onChange: (next: (drafts: readonly DraftClass[]) => readonly DraftClass[]) => void
  readonly onRemove?: (draft: DraftClass) => void
  readonly disabled?: boolean
  readonly showCount?: boolean
}

interface PasteBoxProps {
  readonly onAdd: (text: string) => void
  readonly onClose: () => void
}
function PasteBox({ onAdd, onClose }: PasteBoxProps) {
  const { t } = useTranslation('palette')
  const [text, setText] = useState('')
  const found = parseLines(text).length
  return (
    <div className="paste-box">
      <TextAreaField
        label={t('paste.title')}
        hint={t('paste.hint')}
        rows={5}
        autoFocus
        value={text}
        placeholder={t('paste.placeholder')}
        onValue={setText}
      />
      <div className="row">
        <Button variant="primary" size="sm" disabled={found === 0} onClick={() => onAdd(text)}>
          {t('paste.add', { count: found })}
        </Button>
        <Button size="sm" variant="ghost" onClick={onClose}>
          {t('common:cancel')}
        </Button>
      </div>
    </div>
  )
}

/** A new class by typing its name and pressing Enter; pasting several lines adds them all. */
function QuickAdd({ onAdd }: { readonly onAdd: (text: string) => void }) {
  const { t } = useTranslation('palette')
  const [text, setText] = useState('')
  const add = () => {
    if (text.trim() === '') return
    onAdd(text)
    setText('')
  }
  return (
    <div className="quick-add">
      <input
        className="input"
        aria-label={t('add.name')}
        placeholder={t('add.placeholder')}
        value={text}
        data-quick-add
        onChange={(event) => setText(event.target.value)}
        onPaste={(event) => {
          const pasted = event.clipboardData.getData('text')
          if (!pasted.trim().includes('\n')) return
          event.preventDefault()
          onAdd(pasted)
        }}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || event.nativeEvent.isComposing) return
          event.preventDefault()
          add()
        }}
      />
      <Button icon={<Plus size={16} aria-hidden />} disabled={text.trim() === ''} onClick={add}>
        {t('add')}
      </Button>
    </div>
  )
}

export function PaletteEditor(props: PaletteEditorProps) {
  const { drafts, onChange, onRemove, disabled = false, showCount = false } = props
  const { t } = useTranslation('palette')
  const [pasting, setPasting] = useState(false)
  const [said, setSaid] = useState('')
  const box = useRef<HTMLDivElement>(null)
  const flaws = findFlaws(drafts)
  const move = (from: number, to: number) => {
    if (to < 0 || to >= drafts.length) return
    onChange((all) => moveClass(all, from, to))
    setSaid(t('moved', { name: drafts[from]?.name ?? '', position: to + 1 }))
  }
  const order = useDragOrder((from, to) => onChange((all) => moveClass(all, from, to)))
  const add = (text: string) => onChange((all) => addClasses(all, parseLines(text)))
  const remove = (draft: DraftClass) => {
    if (draft.id !== null && onRemove) onRemove(draft)
    else onChange((all) => all.filter((other) => other.key !== draft.key))
  }
  const focusQuickAdd = () => box.current?.querySelector<HTMLInputElement>('[data-quick-add]')?.focus()
  const colours = drafts.map((draft) => draft.colour)
  return (
    <div className="palette" ref={box}>
      {drafts.length === 0 ? (
        <div className="palette-empty">
          <Shapes size={28} strokeWidth={1.5} aria-hidden />
          <p>{t('empty')}</p>
        </div>
      ) : (
        <ul className="palette-list" aria-label={t('list')}>
          {drafts.map((draft, position) => (
            <ClassRow
              key={draft.key}
              draft={draft}
              position={position}
              flaws={flaws.get(draft.key)}
              taken={new Set(colours.filter((_, other) => other !== position))}
              disabled={disabled}
              dragged={order.dragged === position}
              showCount={showCount}
              onChange={(change) => onChange((all) => updateClass(all, draft.key, change))}
              onRemove={() => remove(draft)}
              onMove={(step) => move(position, position + step)}
              onGrab={order.grab(position)}
              onEnter={focusQuickAdd}
            />
          ))}
        </ul>
      )}
      <div className="visually-hidden" aria-live="polite">
        {said}
      </div>
      {!disabled && drafts.length < MAX_CLASSES && (
        <>
          <div className="row-wrap">
            <QuickAdd onAdd={add} />
            {!pasting && (
              <Button
                variant="ghost"
                icon={<ClipboardPaste size={16} aria-hidden />}
                onClick={() => setPasting(true)}
              >
                {t('paste')}
              </Button>
            )}
          </div>
          {pasting && (
            <PasteBox
              onAdd={(text) => {
                add(text)
                setPasting(false)
              }}
              onClose={() => setPasting(false)}
            />
          )}
        </>
      )}
      <VisionPreview drafts={drafts} />
    </div>
  )
}
