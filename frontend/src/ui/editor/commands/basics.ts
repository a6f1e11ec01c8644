/** Commands of the page and of the view that were there first. */
import type { Command } from './command'

export const BASIC_COMMANDS: readonly Command[] = [
  { id: 'nextImage', group: 'navigate', keys: ['PageDown'], run: ({ page }) => page.onNext() },
  { id: 'previousImage', group: 'navigate', keys: ['PageUp'], run: ({ page }) => page.onPrevious() },
  {
    id: 'claimNext',
    group: 'navigate',
    keys: ['alt+PageDown'],
    changes: true,
    run: ({ page }) => page.onClaim(),
  },
  { id: 'submit', group: 'image', keys: ['mod+Enter'], run: ({ page }) => page.onSubmit() },
  { id: 'palette', group: 'view', keys: ['mod+k'], run: ({ page }) => page.onPalette() },
  { id: 'shortcuts', group: 'view', keys: ['?'], run: ({ page }) => page.onSheet() },
  { id: 'undo', group: 'edit', keys: ['mod+z'], run: ({ session }) => session.tools.undo() },
  { id: 'redo', group: 'edit', keys: ['mod+shift+z', 'mod+y'], run: ({ session }) => session.tools.redo() },
  { id: 'zoomIn', group: 'view', shownKeys: ['+'], run: ({ session }) => session.tools.zoomBy(1.25) },
  { id: 'zoomOut', group: 'view', shownKeys: ['-'], run: ({ session }) => session.tools.zoomBy(0.8) },
  {
    id: 'zoomFit',
    group: 'view',
    keys: ['Home'],
    shownKeys: ['shift+1'],
    run: ({ session }) => session.tools.zoomFit(),
  },
  {
    id: 'zoomActual',
    group: 'view',
    shownKeys: ['shift+0'],
    run: ({ session }) => session.tools.zoomActual(),
  },
  {
    id: 'zoomSelection',
    group: 'view',
    shownKeys: ['shift+2'],
    run: ({ session }) => session.tools.zoomToSelection(),
  },
]
