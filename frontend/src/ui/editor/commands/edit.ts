/** Commands on the clipboard and on what is selected. */
import type { AnnotationRecord } from '@/core/document'
import { areaOf } from '@/core/shapes'
import { isTouchable } from '@/tools/visibility'

import { deleteObjects } from '../actions'
import { keptCopy, lastImage } from '../clipboard/kept'
import type { EditorSession } from '../session'
import type { Command, CommandContext } from './command'

const hasSelection = ({ session }: CommandContext) => session.state.get().selection.size > 0

function selectWhere(session: EditorSession, wanted: (record: AnnotationRecord) => boolean): void {
  const state = session.state.get()
  const ids = session.store
    .ordered()
    .filter((record) => isTouchable(state, record) && wanted(record))
    .map((record) => record.id)
  if (state.tool !== 'select') session.tools.use('select')
  session.state.set({ selection: new Set(ids), vertices: [] })
  session.tools.refresh()
}

function selectedRecords(session: EditorSession): AnnotationRecord[] {
  return [...session.state.get().selection].flatMap((id) => session.store.get(id) ?? [])
}

/** Of the class and kind of a selected object, and at most twice as large or half as small. */
function selectSimilar(session: EditorSession): void {
  const { width, height } = session.given.document
  const samples = selectedRecords(session).map((record) => ({ record, area: areaOf(record, height, width) }))
  selectWhere(session, (one) => {
    const alike = samples.filter(
      ({ record }) => record.classIndex === one.classIndex && record.kind === one.kind,
    )
    if (alike.length === 0) return false
    const area = areaOf(one, height, width)
    return alike.some((sample) => area <= sample.area * 2 && area >= sample.area / 2)
  })
}

export const EDIT_COMMANDS: readonly Command[] = [
  {
    id: 'copy',
    group: 'edit',
    shownKeys: ['mod+c'],
    needs: 'selection',
    enabled: hasSelection,
    run: ({ clipboard }) => clipboard.copy(),
  },
  {
    id: 'cut',
    group: 'edit',
    shownKeys: ['mod+x'],
    changes: true,
    needs: 'selection',
    enabled: hasSelection,
    run: ({ clipboard }) => clipboard.cut(),
  },
  {
    id: 'paste',
    group: 'edit',
    shownKeys: ['mod+v'],
    changes: true,
    needs: 'clipboard',
    enabled: () => keptCopy() !== null,
    run: ({ clipboard }) => clipboard.paste('pointer'),
  },
  {
    id: 'pasteInPlace',
    group: 'edit',
    shownKeys: ['mod+shift+v'],
    changes: true,
    needs: 'clipboard',
    enabled: () => keptCopy() !== null,
    run: ({ clipboard }) => clipboard.paste('in-place'),
  },
  {
    id: 'duplicate',
    group: 'edit',
    keys: ['mod+d'],
    changes: true,
    needs: 'selection',
    enabled: hasSelection,
    run: ({ clipboard }) => clipboard.duplicate(),
  },
  {
    id: 'repeatLast',
    group: 'edit',
    keys: ['alt+r'],
    changes: true,
    needs: 'lastImage',
    enabled: ({ image }) => lastImage(image.id) !== null,
    run: ({ clipboard }) => clipboard.repeatLast('all'),
  },
  {
    id: 'repeatLastSelected',
    group: 'edit',
    keys: ['alt+shift+r'],
    changes: true,
    needs: 'lastImage',
    enabled: ({ image }) => (lastImage(image.id)?.selected.size ?? 0) > 0,
    run: ({ clipboard }) => clipboard.repeatLast('selected'),
  },
  {
    id: 'deleteSelection',
    group: 'edit',
    shownKeys: ['Delete'],
    changes: true,
    needs: 'selection',
    enabled: hasSelection,
    run: ({ session }) => deleteObjects(session, [...session.state.get().selection]),
  },
  {
    id: 'selectAll',
    group: 'edit',
    keys: ['mod+a'],
    run: ({ session }) => {
      const inHand = session.state.get().tool === 'vertex'
      if (inHand) session.tools.key({ key: 'a', shift: false, alt: false, mod: true })
      else selectWhere(session, () => true)
    },
  },
  {
    id: 'invertSelection',
    group: 'edit',
    keys: ['alt+i'],
    run: ({ session }) => {
      const before = session.state.get().selection
      selectWhere(session, (record) => !before.has(record.id))
    },
  },
  {
    id: 'selectClass',
    group: 'edit',
    keys: ['alt+c'],
    run: ({ session }) => {
      const { activeClass } = session.state.get()
      const of = new Set(selectedRecords(session).map((record) => record.classIndex))
      selectWhere(session, ({ classIndex }) =>
        of.size > 0 ? of.has(classIndex) : classIndex === activeClass,
      )
    },
  },
  {
    id: 'selectSimilar',
    group: 'edit',
    keys: ['alt+s'],
    needs: 'selection',
    enabled: hasSelection,
    run: ({ session }) => selectSimilar(session),
  },
]
