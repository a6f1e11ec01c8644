/** Commands on lines: broken, joined, closed. */
import type { ToolContext } from '@/tools/context'
import {
  breakLine,
  canBreakLine,
  canCloseLine,
  canJoinLines,
  closeLine,
  joinLines,
} from '@/tools/polyline/operations'

import type { Command } from './command'

function lineCommand(
  id: string,
  can: (context: ToolContext) => boolean,
  run: (context: ToolContext) => boolean,
): Command {
  return {
    id,
    group: 'object',
    changes: true,
    enabled: ({ session }) => can(session.tooling),
    run: ({ session }) => {
      run(session.tooling)
      session.tools.refresh()
    },
  }
}

export const LINE_COMMANDS: readonly Command[] = [
  lineCommand('breakLine', canBreakLine, breakLine),
  lineCommand('joinLines', canJoinLines, joinLines),
  lineCommand('closeLine', canCloseLine, closeLine),
]
