/** The tools, one button each, with name and key in the tooltip. */
import { Brush, Eraser, Hand, MousePointer2, Pentagon, RectangleHorizontal, Spline } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import type { ToolName } from '@/tools/editorState'
import { Tooltip } from '@/ui/kit/Tooltip'

import type { EditorSession } from './session'
import { usePart } from './use'

interface Item {
  readonly tool: ToolName
  readonly key: string
  readonly icon: ReactNode
}

const GROUPS: readonly (readonly Item[])[] = [
  [
    { tool: 'select', key: 'V', icon: <MousePointer2 size={20} aria-hidden /> },
    { tool: 'vertex', key: 'Enter', icon: <Spline size={20} aria-hidden /> },
    { tool: 'hand', key: 'space', icon: <Hand size={20} aria-hidden /> },
  ],
  [
    { tool: 'polygon', key: 'P', icon: <Pentagon size={20} aria-hidden /> },
    { tool: 'box', key: 'B', icon: <RectangleHorizontal size={20} aria-hidden /> },
    { tool: 'brush', key: 'D', icon: <Brush size={20} aria-hidden /> },
    { tool: 'eraser', key: 'E', icon: <Eraser size={20} aria-hidden /> },
  ],
]

export function ToolRail({ session }: { readonly session: EditorSession }) {
  const { t } = useTranslation('editor')
  const tool = usePart(session.state, (state) => state.tool)
  const readOnly = usePart(session.state, (state) => state.readOnly)
  const one = usePart(session.state, (state) => state.selection.size === 1)
  const disabled = (name: ToolName) =>
    (readOnly && name !== 'select' && name !== 'hand') || (name === 'vertex' && tool !== 'vertex' && !one)
  return (
    <div className="tool-rail" role="toolbar" aria-orientation="vertical" aria-label={t('tools')}>
      {GROUPS.map((group, position) => (
        <div className="tool-group" key={position}>
          {group.map((item) => (
            <Tooltip
              key={item.tool}
              side="right"
              text={
                <span className="row">
                  {t(`tool.${item.tool}`)} <kbd>{item.key === 'space' ? t('key.space') : item.key}</kbd>
                </span>
              }
            >
              <button
                type="button"
                className="tool-button"
                aria-label={t(`tool.${item.tool}`)}
                aria-pressed={tool === item.tool}
                aria-keyshortcuts={item.key}
                disabled={disabled(item.tool)}
                onClick={() => session.tools.use(item.tool)}
              >
                {item.icon}
              </button>
            </Tooltip>
          ))}
        </div>
      ))}
    </div>
  )
}
