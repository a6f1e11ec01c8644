/** Commands on a model's proposals. Those on one mean the one in hand, else the one under the pointer. */
import type { EditorSession } from '../session'
import { setPreference, preference } from '@/ui/app/usePreference'

import { showTab } from '../together/StageLayers'
import type { Command, CommandContext } from './command'

const proposes = ({ session }: CommandContext) => session.review.state.get().prediction !== null
/** Not in the middle of a stroke: it would be about something else. */
const free = (context: CommandContext) => proposes(context) && !context.session.tools.working

function inHand({ review }: EditorSession): string | null {
  const { chosen, hover } = review.state.get()
  return chosen ?? hover
}

function onOne(id: string, key: string, run: (session: EditorSession, proposal: string) => void): Command {
  return {
    id,
    group: 'prelabels',
    keys: [key],
    changes: true,
    needs: 'proposal',
    enabled: (context) => free(context) && inHand(context.session) !== null,
    run: ({ session }) => {
      const proposal = inHand(session)
      if (proposal !== null) run(session, proposal)
    },
  }
}

function onAll(id: string, key: string, run: (context: CommandContext) => void): Command {
  return { id, group: 'prelabels', keys: [key], changes: true, enabled: free, run }
}

export const PRELABEL_COMMANDS: readonly Command[] = [
  { id: 'showPrelabels', group: 'view', keys: ['alt+4'], run: () => showTab('prelabels') },
  {
    id: 'prelabelNext',
    group: 'prelabels',
    keys: ['alt+q'],
    enabled: free,
    run: ({ session }) => session.review.step(1),
  },
  {
    id: 'prelabelPrevious',
    group: 'prelabels',
    keys: ['alt+shift+q'],
    enabled: free,
    run: ({ session }) => session.review.step(-1),
  },
  onOne('prelabelAccept', 'alt+a', (session, proposal) => session.review.accept([proposal])),
  onOne('prelabelReject', 'alt+x', (session, proposal) => session.review.reject([proposal])),
  onOne('prelabelAdjust', 'alt+w', (session, proposal) => session.review.adjust(proposal)),
  onAll('prelabelAcceptAbove', 'alt+shift+a', ({ session }) => session.review.acceptAbove()),
  onAll('prelabelRejectBelow', 'alt+shift+x', ({ session }) => session.review.rejectBelow()),
  onAll('prelabelAcceptNext', 'alt+shift+Enter', ({ page }) => page.onAcceptNext()),
  {
    id: 'prelabelRestore',
    group: 'prelabels',
    changes: true,
    enabled: ({ session }) => session.review.state.get().rejected > 0,
    run: ({ session }) => session.review.restoreAll(),
  },
  {
    id: 'prelabelPredict',
    group: 'prelabels',
    keys: ['alt+shift+p'],
    changes: true,
    enabled: ({ page }) => page.onPredict !== null,
    run: ({ page }) => page.onPredict?.(),
  },
  {
    id: 'togglePrelabels',
    group: 'view',
    keys: ['alt+y'],
    enabled: proposes,
    run: ({ session }) => session.review.setShown(!session.review.state.get().shown),
  },
  {
    id: 'toggleUncertainty',
    group: 'view',
    keys: ['alt+shift+y'],
    enabled: ({ session }) => session.review.state.get().prediction?.overlay === true,
    run: () => {
      const kept = preference('editor.prelabels')
      setPreference('editor.prelabels', { ...kept, heat: !kept.heat })
    },
  },
  {
    id: 'selectModelMade',
    group: 'edit',
    enabled: ({ session }) => session.store.ordered().some((record) => record.source === 'model'),
    run: ({ session }) => {
      const ids = session.store.ordered().flatMap(({ id, source }) => (source === 'model' ? id : []))
      if (session.state.get().tool !== 'select') session.tools.use('select')
      session.state.set({ selection: new Set(ids), vertices: [] })
      session.tools.refresh()
    },
  },
]
