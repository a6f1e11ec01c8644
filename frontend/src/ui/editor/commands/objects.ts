/** Commands on the selected objects. */
import { reorder, shiftOrder } from '../actions'
import type { Command, CommandContext } from './command'

const hasSelection = ({ session }: CommandContext) => session.state.get().selection.size > 0

export const OBJECT_COMMANDS: readonly Command[] = [
  {
    id: 'raise',
    group: 'object',
    keys: ['mod+ArrowUp'],
    changes: true,
    needs: 'selection',
    enabled: hasSelection,
    run: ({ session }) => shiftOrder(session, 'up'),
  },
  {
    id: 'lower',
    group: 'object',
    keys: ['mod+ArrowDown'],
    changes: true,
    needs: 'selection',
    enabled: hasSelection,
    run: ({ session }) => shiftOrder(session, 'down'),
  },
  {
    id: 'toFront',
    group: 'object',
    keys: ['mod+shift+ArrowUp'],
    changes: true,
    enabled: hasSelection,
    run: ({ session }) => reorder(session, [...session.state.get().selection], 'front'),
  },
  {
    id: 'toBack',
    group: 'object',
    keys: ['mod+shift+ArrowDown'],
    changes: true,
    enabled: hasSelection,
    run: ({ session }) => reorder(session, [...session.state.get().selection], 'back'),
  },
]
