/** The tools, one button each, with name and key in the tooltip. */
import { useTranslation } from 'react-i18next'

import { isHarmless, type ToolEntry, TOOLS } from '@/tools/catalogue'
import type { ToolName } from '@/tools/editorState'
import { Tooltip } from '@/ui/kit/Tooltip'

import type { EditorSession } from '../session'
import { usePart } from '../use'
import { GROUPS, ICONS } from './icons'

/** Tools that no key chooses are reached by these. */
const OTHER_KEYS: Partial<Record<ToolName, string>> = { vertex: 'Enter', hand: 'space' }

const entries: readonly (readonly ToolEntry[])[] = GROUPS.map((group) =>
  group.flatMap((name) => TOOLS.find((entry) => entry.name === name) ?? []),
)

export function ToolRail({ session }: { readonly session: EditorSession }) {
  const { t } = useTranslation('editor')
  return (
    <div className="tool-rail" role="toolbar" aria-orientation="vertical" aria-label={t('tools')}>
      {entries.map((group, position) => (
        <div className="tool-group" key={position}>
          {group.map((entry) => (
            <ToolButton key={entry.name} session={session} entry={entry} />
          ))}
        </div>
      ))}
    </div>
  )
}

interface ToolButtonProps {
  readonly session: EditorSession
  readonly entry: ToolEntry
}

function ToolButton({ session, entry: { name, key } }: ToolButtonProps) {
  const { t } = useTranslation('editor')
  const tool = usePart(session.state, (state) => state.tool)
  const readOnly = usePart(session.state, (state) => state.readOnly)
  const one = usePart(session.state, (state) => state.selection.size === 1)
  const disabled = (readOnly && !isHarmless(name)) || (name === 'vertex' && tool !== 'vertex' && !one)
  const Icon = ICONS[name]
  const shown = key?.toUpperCase() ?? OTHER_KEYS[name]
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
        aria-label={t(`tool.${name}`)}
        aria-pressed={tool === name}
        aria-keyshortcuts={shown}
        disabled={disabled}
        onClick={() => session.tools.use(name)}
      >
        <Icon size={20} aria-hidden />
      </button>
    </Tooltip>
  )
}
