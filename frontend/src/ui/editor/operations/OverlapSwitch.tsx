/** What new shapes do where they meet others: overlap, take their pixels, or leave them theirs. */
import { useTranslation } from 'react-i18next'

import type { ToolName } from '@/tools/editorState'
import { Segmented } from '@/ui/kit/Field'

import type { EditorSession } from '../session'
import { usePart } from '../use'

/** Tools that draw no area. */
const WITHOUT: readonly ToolName[] = ['select', 'hand', 'polyline', 'point', 'split', 'eraser']

export function OverlapSwitch({ session }: { readonly session: EditorSession }) {
  const { t } = useTranslation('operations')
  const tool = usePart(session.state, (state) => state.tool)
  const overlap = usePart(session.state, (state) => state.overlap)
  const exclusive = usePart(session.state, (state) => state.exclusive)
  if (WITHOUT.includes(tool)) return null
  const choices = [
    { value: 'free' as const, label: t('rule.free') },
    { value: 'over' as const, label: t('rule.over') },
    { value: 'under' as const, label: t('rule.under') },
  ]
  return (
    <Segmented
      label={t('ruleLabel')}
      value={exclusive && overlap === 'free' ? 'over' : overlap}
      choices={exclusive ? choices.slice(1) : choices}
      onValue={(rule) => session.state.set({ overlap: rule })}
    />
  )
}
