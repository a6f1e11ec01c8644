/** Commands by name, with what a button or a menu's line needs of them. */
import { useTranslation } from 'react-i18next'

import { COMMANDS } from '../commands'
import { type CommandContext, isEnabled } from '../commands/command'
import { isMac, keyLabel } from '../commands/keyLabel'

export interface NamedCommand {
  readonly id: string
  readonly name: string
  readonly keys: string | undefined
  readonly enabled: boolean
  readonly run: () => void
}

export function useCommands(context: CommandContext): (id: string) => NamedCommand {
  const { t } = useTranslation()
  return (id) => {
    const command = COMMANDS.find((one) => one.id === id)
    if (!command) throw new Error(`there is no command ${id}`)
    const chord = command.keys?.[0] ?? command.shownKeys?.[0]
    return {
      id,
      name: t(`commands:${id}`),
      keys: chord && keyLabel(chord, { mac: isMac(), space: t('editor:key.space') }),
      enabled: isEnabled(command, context),
      run: () => command.run(context),
    }
  }
}
