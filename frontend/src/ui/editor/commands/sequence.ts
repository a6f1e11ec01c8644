/** Commands on the frames of a sequence; there is none where the image is not one of several. */
import { type SequenceControl, sequenceOf } from '../sequence/control'
import type { Command, CommandContext } from './command'

const inSequence = ({ session }: CommandContext) => sequenceOf(session) !== undefined
const chosen = (context: CommandContext) =>
  inSequence(context) && context.session.state.get().selection.size > 0

function go(id: string, keys: readonly string[], run: (control: SequenceControl) => void): Command {
  return {
    id,
    group: 'navigate',
    keys,
    enabled: inSequence,
    run: ({ session }) => {
      const control = sequenceOf(session)
      if (control) run(control)
    },
  }
}

function change(
  id: string,
  key: string,
  enabled: (context: CommandContext) => boolean,
  run: (control: SequenceControl) => void,
): Command {
  return { ...go(id, [key], run), group: 'object', changes: true, enabled }
}

export const SEQUENCE_COMMANDS: readonly Command[] = [
  go('frameNext', ['mod+ArrowRight'], (control) => control.step(1)),
  go('framePrevious', ['mod+ArrowLeft'], (control) => control.step(-1)),
  go('frameTenOn', ['mod+shift+ArrowRight'], (control) => control.step(10)),
  go('frameTenBack', ['mod+shift+ArrowLeft'], (control) => control.step(-10)),
  go('framePlay', ['alt+p'], (control) => control.play()),
  change('copyForward', 'alt+v', inSequence, (control) => control.fill('copy', 1)),
  change('copyToEnd', 'alt+shift+v', inSequence, (control) => control.fill('copy', Infinity)),
  change('propagateForward', 'alt+m', inSequence, (control) => control.fill('propagate', 1)),
  change('propagateToEnd', 'alt+shift+m', inSequence, (control) => control.fill('propagate', Infinity)),
  change('interpolate', 'alt+k', chosen, (control) => control.interpolate()),
  change('joinTrack', 'alt+j', chosen, (control) => control.join()),
  change('keepKeyframe', 'alt+shift+k', chosen, (control) => control.keep()),
]
