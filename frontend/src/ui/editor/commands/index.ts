/** Every command of the editor; each area adds its own list. */
import { BASIC_COMMANDS } from './basics'
import { EDIT_COMMANDS } from './edit'
import { LINE_COMMANDS } from './lines'
import { OBJECT_COMMANDS } from './objects'
import { OPERATION_COMMANDS } from './operations'
import { PRELABEL_COMMANDS } from './prelabels'
import { TOGETHER_COMMANDS } from './together'
import { SEQUENCE_COMMANDS } from './sequence'
import { VIEW_COMMANDS } from './view'
import { chordOf, type Command, type CommandContext, isEnabled } from './command'

export const COMMANDS: readonly Command[] = [
  ...BASIC_COMMANDS,
  ...EDIT_COMMANDS,
  ...OBJECT_COMMANDS,
  ...LINE_COMMANDS,
  ...OPERATION_COMMANDS,
  ...VIEW_COMMANDS,
  ...TOGETHER_COMMANDS,
  ...SEQUENCE_COMMANDS,
  ...PRELABEL_COMMANDS,
]

/** Runs the command that the key stands for. True when there was one and it could run. */
export function runKey(event: KeyboardEvent, context: CommandContext): boolean {
  const chord = chordOf(event)
  const command = COMMANDS.find((one) => one.keys?.includes(chord) && isEnabled(one, context))
  command?.run(context)
  return command !== undefined
}
