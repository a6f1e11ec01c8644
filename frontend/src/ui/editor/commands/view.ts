/** Commands on what is shown and how: solo, hide, lock, fills, labels, panels. None of them changes the document. */
import { AS_IT_IS, autoLevels, type Histogram } from '@/core/adjust'
import { pan } from '@/core/viewport'
import { ALL_SHOWN, flipped, soloFor } from '@/tools/visibility'

import type { EditorSession } from '../session'
import { adjustmentOf, setAdjustment } from '../view/adjustment'
import { visibleHistogram } from '../view/histogram'
import type { ViewOptions } from '../view/options'
import type { Command, CommandContext } from './command'

const hasSelection = ({ session }: CommandContext) => session.state.get().selection.size > 0
const selection = (session: EditorSession) => [...session.state.get().selection]

type Switch = { [K in keyof ViewOptions]: ViewOptions[K] extends boolean ? K : never }[keyof ViewOptions]

function switching(id: string, option: Switch, keys?: string): Command {
  return {
    id,
    group: 'view',
    ...(keys ? { keys: [keys] } : {}),
    run: ({ session }) => session.options.set({ [option]: !session.options.get()[option] }),
  }
}

/** By a quarter of the screen. */
function panning(id: string, key: string, x: number, y: number): Command {
  return {
    id,
    group: 'view',
    keys: [`alt+${key}`],
    run: ({ session }) => {
      const { viewport } = session.view.get()
      session.setViewport(pan(viewport, (x * viewport.width) / 4, (y * viewport.height) / 4))
    },
  }
}

/** Classes of the selected objects; without a selection the active one. */
function chosenClasses(session: EditorSession): number[] {
  const { activeClass } = session.state.get()
  const of = selection(session).flatMap((id) => session.store.get(id)?.classIndex ?? [])
  return of.length > 0 ? [...new Set(of)] : activeClass === null ? [] : [activeClass]
}

export const VIEW_COMMANDS: readonly Command[] = [
  {
    id: 'soloSelection',
    group: 'view',
    keys: ['shift+s'],
    needs: 'selection',
    enabled: (context) => hasSelection(context) || context.session.state.get().solo !== null,
    run: ({ session }) => {
      const state = session.state.get()
      session.state.set({ solo: state.solo ? null : soloFor(state, { objects: selection(session) }) })
    },
  },
  {
    id: 'soloClass',
    group: 'view',
    keys: ['shift+d'],
    run: ({ session }) => {
      const state = session.state.get()
      session.state.set({ solo: soloFor(state, { classes: chosenClasses(session) }) })
    },
  },
  {
    id: 'hideSelection',
    group: 'view',
    keys: ['shift+h'],
    needs: 'selection',
    enabled: hasSelection,
    run: ({ session }) =>
      session.state.set({ hidden: flipped(session.state.get().hidden, selection(session)), solo: null }),
  },
  {
    id: 'lockSelection',
    group: 'view',
    keys: ['shift+l'],
    needs: 'selection',
    enabled: hasSelection,
    run: ({ session }) =>
      session.state.set({ locked: flipped(session.state.get().locked, selection(session)) }),
  },
  {
    id: 'showAll',
    group: 'view',
    keys: ['alt+h'],
    run: ({ session }) => session.state.set(ALL_SHOWN),
  },
  {
    id: 'unlockAll',
    group: 'view',
    keys: ['alt+l'],
    run: ({ session }) => session.state.set({ locked: new Set(), lockedClasses: new Set() }),
  },
  switching('toggleFills', 'fills', 'shift+f'),
  switching('toggleOutlines', 'outlines', 'shift+o'),
  switching('toggleLabels', 'labels', 'shift+n'),
  switching('toggleMinimap', 'minimap', 'shift+m'),
  switching('toggleGrid', 'grid'),
  switching('toggleSafeColours', 'safeColours'),
  switching('toggleSide', 'side', 'mod+b'),
  {
    id: 'colourByObject',
    group: 'view',
    keys: ['shift+c'],
    run: ({ session }) => {
      const { colourBy } = session.options.get()
      session.options.set({ colourBy: colourBy === 'class' ? 'object' : 'class' })
    },
  },
  {
    id: 'autoLevels',
    group: 'view',
    run: ({ project, session }) => {
      const stretch = (histogram: Histogram) =>
        setAdjustment(project.id, autoLevels(histogram, adjustmentOf(project.id).channel))
      visibleHistogram(session).then(stretch, () => undefined) // no photograph: nothing to stretch
    },
  },
  {
    id: 'resetPhoto',
    group: 'view',
    run: ({ project }) => setAdjustment(project.id, AS_IT_IS),
  },
  {
    id: 'keyboardPointer',
    group: 'view',
    keys: ['F2'],
    run: ({ session }) => {
      const { pointer, viewport } = session.view.get()
      const { imageWidth, imageHeight } = viewport
      const over =
        pointer && pointer.x >= 0 && pointer.y >= 0 && pointer.x <= imageWidth && pointer.y <= imageHeight
      session.keyboard.toggle(over ? pointer : null)
      document.querySelector<HTMLElement>('.editor-canvas')?.focus({ preventScroll: true })
    },
  },
  panning('panLeft', 'ArrowLeft', 1, 0),
  panning('panRight', 'ArrowRight', -1, 0),
  panning('panUp', 'ArrowUp', 0, 1),
  panning('panDown', 'ArrowDown', 0, -1),
]
