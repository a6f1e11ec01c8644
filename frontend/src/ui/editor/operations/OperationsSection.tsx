/** The object operations for the selection, with their numbers, in the properties panel. */
import { useTranslation } from 'react-i18next'

import { LIMITS, type OperationSettings } from '@/tools/operations/settings'
import { IconButton } from '@/ui/kit/Button'
import { Checkbox } from '@/ui/kit/Field'

import type { CommandContext } from '../commands/command'
import { usePart } from '../use'
import { OPERATION_ICONS } from './icons'
import { NumberInput } from './NumberInput'
import './operations.css'
import { useCommands } from './useCommands'

type NumberName = keyof typeof LIMITS

interface Line {
  readonly commands: readonly string[]
  readonly number: NumberName
}

const LINES: readonly Line[] = [
  { commands: ['grow', 'shrink'], number: 'growBy' },
  { commands: ['fillHoles'], number: 'holeSize' },
  { commands: ['removeSpecks'], number: 'speckSize' },
  { commands: ['smooth'], number: 'smoothBy' },
  { commands: ['simplify'], number: 'tolerance' },
]

export function OperationsSection({ context }: { readonly context: CommandContext }) {
  const { t } = useTranslation('operations')
  const { session } = context
  const settings = usePart(session.state, (state) => state.operations)
  const several = usePart(session.state, (state) => state.selection.size > 1)
  const set = (patch: Partial<OperationSettings>) =>
    session.state.set({ operations: { ...session.state.get().operations, ...patch } })
  return (
    <details className="operations">
      <summary>{t('title')}</summary>
      <div className="operations-row">
        {several && <Buttons ids={['union', 'subtract', 'intersect', 'join']} context={context} />}
        <Buttons ids={['separate', 'toMask', 'toPolygon', 'paintUnder', 'paintOver']} context={context} />
      </div>
      {LINES.map(({ commands, number }) => (
        <div className="operations-line" key={number}>
          <Buttons ids={commands} context={context} />
          <span className="grow truncate small">{t(`number.${number}`)}</span>
          <NumberInput
            label={t(`label.${number}`)}
            value={settings[number]}
            limits={LIMITS[number]}
            onValue={(value) => set({ [number]: value })}
          />
        </div>
      ))}
      <Checkbox
        label={t('simplifyOutline')}
        checked={settings.simplifyOutline}
        onValue={(simplifyOutline) => set({ simplifyOutline })}
      />
    </details>
  )
}

interface ButtonsProps {
  readonly ids: readonly string[]
  readonly context: CommandContext
}

function Buttons({ ids, context }: ButtonsProps) {
  const command = useCommands(context)
  return ids.map((id) => {
    const { name, keys, enabled, run } = command(id)
    const Icon = OPERATION_ICONS[id]!
    return (
      <IconButton key={id} size="sm" label={name} aria-keyshortcuts={keys} disabled={!enabled} onClick={run}>
        <Icon size={17} aria-hidden />
      </IconButton>
    )
  })
}
