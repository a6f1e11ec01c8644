/** The save state, always on screen: a word, an icon, and in its tooltip what it means for the work. */
import { CircleAlert, CloudAlert, CloudCheck, CloudOff, LoaderCircle, LogIn } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import type { SaveState } from '@/sync/queue'
import { Tooltip } from '@/ui/kit/Tooltip'

type Look = readonly [tone: 'calm' | 'busy' | 'warning' | 'danger', icon: ReactNode]

const LOOKS: Readonly<Record<string, Look>> = {
  saved: ['calm', <CloudCheck key="i" size={17} aria-hidden />],
  saving: ['busy', <LoaderCircle key="i" size={16} className="spin" aria-hidden />],
  offline: ['warning', <CloudOff key="i" size={17} aria-hidden />],
  'signed-out': ['warning', <LogIn key="i" size={16} aria-hidden />],
  closed: ['warning', <CloudAlert key="i" size={17} aria-hidden />],
  problems: ['danger', <CircleAlert key="i" size={16} aria-hidden />],
  conflict: ['warning', <CircleAlert key="i" size={16} aria-hidden />],
}

function lookOf(state: SaveState, conflicts: number): string {
  if (state.kind === 'blocked') return state.blocked === 'signed-out' ? 'signed-out' : 'closed'
  if (state.kind !== 'saved') return state.kind
  if (state.problems.size > 0) return 'problems'
  return conflicts > 0 ? 'conflict' : 'saved'
}

interface SaveBadgeProps {
  readonly state: SaveState
  readonly conflicts: number
  readonly onRetry: () => void
}

export function SaveBadge({ state, conflicts, onRetry }: SaveBadgeProps) {
  const { t } = useTranslation('editor')
  const name = lookOf(state, conflicts)
  const [tone, icon] = LOOKS[name] ?? LOOKS.saved!
  const count = name === 'problems' ? state.problems.size : name === 'conflict' ? conflicts : state.pending
  const help = state.journal === 'kept' ? t(`save.${name}.help`, { count }) : t(`journal.${state.journal}`)
  return (
    <Tooltip text={help} side="bottom">
      <button
        type="button"
        className="save-badge"
        data-tone={tone}
        data-state={name}
        onClick={onRetry}
        aria-live="polite"
        data-testid="save-state"
      >
        {icon}
        {t(`save.${name}`, { count })}
      </button>
    </Tooltip>
  )
}
