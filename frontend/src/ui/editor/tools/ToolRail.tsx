/** The tools, one button each in two columns, with name and key in the tooltip. One stop of the Tab key; arrows move. */
import { type KeyboardEvent, type MouseEvent, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { isHarmless, type ToolEntry, TOOLS } from '@/tools/catalogue'
import type { ToolName } from '@/tools/editorState'
import { Tooltip } from '@/ui/kit/Tooltip'

import type { EditorSession } from '../session'
import { usePart } from '../use'
import { GROUPS, ICONS } from './icons'
import { neighbourOf } from './railLayout'

/** Tools that no key chooses are reached by these. */
export const OTHER_KEYS: Partial<Record<ToolName, string>> = { vertex: 'Enter', hand: 'space' }

const entries: readonly (readonly ToolEntry[])[] = GROUPS.map((group) =>
  group.flatMap((name) => TOOLS.find((entry) => entry.name === name) ?? []),
).filter((group) => group.length > 0)
const names = entries.map((group) => group.map((entry) => entry.name))

export function ToolRail({ session }: { readonly session: EditorSession }) {
  const { t } = useTranslation('editor')
  const rail = useRef<HTMLDivElement>(null)
  const tool = usePart(session.state, (state) => state.tool)
  const [visited, setVisited] = useState<ToolName | null>(null)
  const onKeyDown = (event: KeyboardEvent) => {
    const next = neighbourOf(names, visited ?? tool, event.key)
    if (!next || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    setVisited(next)
    rail.current?.querySelector<HTMLElement>(`[data-tool="${next}"]`)?.focus()
  }
  return (
    <div
      ref={rail}
      className="tool-rail"
      role="toolbar"
      aria-orientation="vertical"
      aria-label={t('tools')}
      onKeyDown={onKeyDown}
      onBlur={(event) => !event.currentTarget.contains(event.relatedTarget) && setVisited(null)}
    >
      {entries.map((group, position) => (
        <div className="tool-group" key={position}>
          {group.map((entry) => (
            <ToolButton
              key={entry.name}
              session={session}
              entry={entry}
              stop={(visited ?? tool) === entry.name}
              onVisit={() => setVisited(entry.name)}
            />
          ))}
        </div>
      ))}
    </div>
  )
}

interface ToolButtonProps {
  readonly session: EditorSession
  readonly entry: ToolEntry
  /** The Tab key stops at this one. */
  readonly stop: boolean
  readonly onVisit: () => void
}

function ToolButton({ session, entry: { name, key }, stop, onVisit }: ToolButtonProps) {
  const { t } = useTranslation('editor')
  const tool = usePart(session.state, (state) => state.tool)
  const readOnly = usePart(session.state, (state) => state.readOnly)
  const one = usePart(session.state, (state) => state.selection.size === 1)
  const disabled = (readOnly && !isHarmless(name)) || (name === 'vertex' && tool !== 'vertex' && !one)
  const Icon = ICONS[name]
  const shown = key?.toUpperCase() ?? OTHER_KEYS[name]
  const choose = (event: MouseEvent) => {
    if (disabled) return
    session.tools.use(name)
    // A person who uses the mouse goes on in the image: the next key is meant for the tool, not for this button.
    if (event.detail > 0)
      document.querySelector<HTMLElement>('.editor-canvas')?.focus({ preventScroll: true })
  }
  return (
    <Tooltip
      side="right"
      text={
        <span className="row">
          {t(`tool.${name}`)} {shown && <kbd>{shown === 'space' ? t('key.space') : shown}</kbd>}
        </span>
      }
    >
      <button
        type="button"
        className="tool-button"
        data-tool={name}
        tabIndex={stop ? 0 : -1}
        aria-label={t(`tool.${name}`)}
        aria-pressed={tool === name}
        aria-keyshortcuts={shown}
        aria-disabled={disabled}
        onClick={choose}
        onFocus={onVisit}
      >
        <Icon size={20} aria-hidden />
      </button>
    </Tooltip>
  )
}
