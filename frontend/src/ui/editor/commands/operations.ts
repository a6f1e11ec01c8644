/** Commands that make other shapes of the selected objects, and that find and fill what no object covers. */
import { change, combine, separateParts, subtract, yieldTo } from '@/tools/operations/operations'
import type { ToolContext } from '@/tools/context'

import { fillRegion, fillRest, showRegion } from '../operations/gaps'
import type { EditorSession } from '../session'
import type { Command, CommandContext } from './command'

const selects =
  (least: number) =>
  ({ session }: CommandContext) =>
    session.state.get().selection.size >= least

function operation(
  id: string,
  key: string,
  least: 1 | 2,
  operate: (context: ToolContext) => boolean,
): Command {
  return {
    id,
    group: 'object',
    keys: [key],
    changes: true,
    needs: least === 2 ? 'several' : 'selection',
    enabled: selects(least),
    run: ({ session }) => {
      operate(session.tooling)
      session.tools.refresh()
    },
  }
}

/** A failure to answer is told; the drawing is as it was. */
function asking(ask: (session: EditorSession) => Promise<void>): Command['run'] {
  return ({ session }) => {
    ask(session).catch(() => session.hint({ key: 'hint.noAnswer', tone: 'warning' }))
  }
}

export const OPERATION_COMMANDS: readonly Command[] = [
  operation('union', 'mod+shift+u', 2, (context) => combine(context, 'union')),
  operation('subtract', 'mod+shift+x', 2, subtract),
  operation('intersect', 'mod+i', 2, (context) => combine(context, 'intersect')),
  operation('join', 'mod+g', 2, (context) => combine(context, 'join')),
  operation('separate', 'mod+shift+g', 1, separateParts),
  operation('fillHoles', 'mod+shift+h', 1, (context) => change(context, 'fillHoles')),
  operation('removeSpecks', 'mod+shift+e', 1, (context) => change(context, 'removeSpecks')),
  operation('grow', 'alt+shift+ArrowUp', 1, (context) => change(context, 'grow')),
  operation('shrink', 'alt+shift+ArrowDown', 1, (context) => change(context, 'shrink')),
  operation('smooth', 'mod+shift+o', 1, (context) => change(context, 'smooth')),
  operation('simplify', 'mod+shift+l', 1, (context) => change(context, 'simplify')),
  operation('toMask', 'mod+shift+m', 1, (context) => change(context, 'toMask')),
  operation('toPolygon', 'mod+shift+y', 1, (context) => change(context, 'toPolygon')),
  operation('paintUnder', 'alt+u', 1, (context) => yieldTo(context, 'under')),
  operation('paintOver', 'alt+shift+u', 1, (context) => yieldTo(context, 'over')),
  {
    id: 'fillRegion',
    group: 'object',
    keys: ['mod+shift+f'],
    changes: true,
    run: asking(fillRegion),
  },
  { id: 'fillRest', group: 'object', keys: ['mod+alt+shift+f'], changes: true, run: asking(fillRest) },
  {
    id: 'nextUnlabelled',
    group: 'navigate',
    keys: ['F8'],
    run: asking((session) => showRegion(session, 'largest')),
  },
  {
    id: 'nearestUnlabelled',
    group: 'navigate',
    keys: ['shift+F8'],
    run: asking((session) => showRegion(session, 'nearest')),
  },
  {
    id: 'overlapRule',
    group: 'edit',
    keys: ['alt+o'],
    changes: true,
    run: ({ session }) => session.state.set({ overlap: nextRule(session) }),
  },
]

function nextRule(session: EditorSession): 'free' | 'over' | 'under' {
  const { overlap, exclusive } = session.state.get()
  if (exclusive) return overlap === 'under' ? 'over' : 'under'
  return overlap === 'free' ? 'over' : overlap === 'over' ? 'under' : 'free'
}
