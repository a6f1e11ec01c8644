/** Commands of working together: the tabs of the right side, comments, earlier states, one's own replica. */
import { createDocument } from '@/sync/togetherApi'

import { endLook, startCompare } from '../together/look'
import { isAside } from '../together/state'
import { showTab } from '../together/StageLayers'
import type { Command, CommandContext } from './command'

const writes = ({ project }: CommandContext) => project.role !== 'viewer'
const free = ({ opened }: CommandContext) => !isAside(opened.together.get())

export const TOGETHER_COMMANDS: readonly Command[] = [
  { id: 'showObjects', group: 'view', keys: ['alt+1'], run: () => showTab('objects') },
  { id: 'showComments', group: 'view', keys: ['alt+2'], run: () => showTab('comments') },
  { id: 'showHistory', group: 'view', keys: ['alt+3'], run: () => showTab('history') },
  {
    id: 'commentHere',
    group: 'image',
    keys: ['alt+n'],
    enabled: (context) => writes(context) && free(context),
    run: ({ opened }) => opened.together.set({ placing: true, draft: null }),
  },
  {
    id: 'commentObject',
    group: 'object',
    keys: ['alt+shift+n'],
    enabled: (context) => writes(context) && context.session.state.get().selection.size === 1,
    needs: 'selection',
    run: ({ opened, session }) => {
      const [object = null] = session.state.get().selection
      opened.together.set({ placing: false, draft: { point: null, object } })
      showTab('comments')
    },
  },
  {
    id: 'editAttributes',
    group: 'object',
    keys: ['alt+e'],
    changes: true,
    enabled: ({ session }) => session.state.get().selection.size > 0,
    needs: 'selection',
    run: () => {
      showTab('objects')
      // After the panel is there.
      setTimeout(() => document.querySelector<HTMLElement>('.attributes input, .attributes button')?.focus())
    },
  },
  {
    id: 'compare',
    group: 'view',
    keys: ['alt+d'],
    run: ({ opened }) => {
      if (opened.together.get().compared) return endLook(opened)
      showTab('history')
      void startCompare(opened)
    },
  },
  {
    id: 'editorSettings',
    group: 'view',
    keys: ['mod+,'],
    run: ({ page }) => page.onSettings(),
  },
  {
    id: 'ownReplica',
    group: 'image',
    enabled: (context) => writes(context) && context.session.given.document.role !== 'replica',
    run: ({ image, page }) => {
      createDocument(image.id, 'replica').then(({ id }) => page.onDocument(id), page.onProblem)
    },
  },
  {
    id: 'primaryDocument',
    group: 'image',
    enabled: ({ session }) => session.given.document.role !== 'primary',
    run: ({ page }) => page.onDocument(null),
  },
]
