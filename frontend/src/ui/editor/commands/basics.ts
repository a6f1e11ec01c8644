/** Commands of the page and of the view that were there first. */
import type { Command } from './command'

export const BASIC_COMMANDS: readonly Command[] = [
  { id: 'nextImage', group: 'navigate', keys: ['PageDown'], run: ({ page }) => page.onNext() },
  { id: 'previousImage', group: 'navigate', keys: ['PageUp'], run: ({ page }) => page.onPrevious() },
  { id: 'submit', group: 'image', keys: ['mod+Enter'], run: ({ page }) => page.onSubmit() },
  { id: 'shortcuts', group: 'view', keys: ['?'], run: ({ page }) => page.onSheet() },
  { id: 'undo', group: 'edit', keys: ['mod+z'], run: ({ session }) => session.tools.undo() },
  { id: 'redo', group: 'edit', keys: ['mod+shift+z', 'mod+y'], run: ({ session }) => session.tools.redo() },
  { id: 'zoomFit', group: 'view', keys: ['Home'], run: ({ session }) => session.tools.zoomFit() },
  { id: 'zoomActual', group: 'view', run: ({ session }) => session.tools.zoomActual() },
  { id: 'zoomSelection', group: 'view', run: ({ session }) => session.tools.zoomToSelection() },
]
