/**
 * The classes: a click or its key chooses one, or gives it to what is selected; each can be hidden. Void, the class of
 * pixels that nobody judges, is always the last.
 */
import { Eye, EyeOff, Lock, LockOpen } from 'lucide-react'
import { type MouseEvent, useMemo } from 'react'
import { useTranslation } from 'react-i18next'

import { VOID } from '@/core/document'
import type { EditorClass } from '@/tools/editorState'
import { flipped, soloFor } from '@/tools/visibility'

import { ClassSwatch } from './ClassSwatch'
import type { EditorSession } from './session'
import { useObjects, usePart, useShownColours } from './use'

export function ClassPanel({ session }: { readonly session: EditorSession }) {
  const { t } = useTranslation('editor')
  const classes = usePart(session.state, (state) => state.classes)
  const activeClass = usePart(session.state, (state) => state.activeClass)
  const hiddenClasses = usePart(session.state, (state) => state.hiddenClasses)
  const lockedClasses = usePart(session.state, (state) => state.lockedClasses)
  const solo = usePart(session.state, (state) => state.solo)
  const colours = useShownColours(session)
  const objects = useObjects(session)
  const counts = useMemo(() => {
    const all = new Map<number, number>()
    for (const { classIndex } of objects) all.set(classIndex, (all.get(classIndex) ?? 0) + 1)
    return all
  }, [objects])
  const empty = useMemo(() => ({ index: VOID, name: t('void'), colour: '', hotkey: '' }), [t])
  return (
    <section className="panel" aria-label={t('classes')}>
      <header className="panel-head">
        <h2>{t('classes')}</h2>
        <span className="muted small num">{classes.length}</span>
      </header>
      {classes.length === 0 && <p className="panel-empty">{t('noClasses')}</p>}
      <ul className="class-list">
        {[...classes, empty].map((item) => (
          <ClassRow
            key={item.index}
            session={session}
            item={item}
            colour={colours[item.index]}
            count={counts.get(item.index) ?? 0}
            active={item.index === activeClass}
            hidden={solo ? !solo.classes.has(item.index) : hiddenClasses.has(item.index)}
            locked={lockedClasses.has(item.index)}
          />
        ))}
      </ul>
    </section>
  )
}

interface ClassRowProps {
  readonly session: EditorSession
  readonly item: EditorClass
  readonly colour: string | undefined
  readonly count: number
  readonly active: boolean
  readonly hidden: boolean
  readonly locked: boolean
}

function ClassRow({ session, item, colour, count, active, hidden, locked }: ClassRowProps) {
  const { t } = useTranslation('editor')
  /** With Alt the class alone is shown; a click while solo is in use leaves it. */
  const toggle = (event: MouseEvent) => {
    const state = session.state.get()
    if (event.altKey) session.state.set({ solo: soloFor(state, { classes: [item.index] }) })
    else if (state.solo) session.state.set({ solo: null })
    else session.state.set({ hiddenClasses: flipped(state.hiddenClasses, [item.index]) })
  }
  const lock = () =>
    session.state.set({ lockedClasses: flipped(session.state.get().lockedClasses, [item.index]) })
  return (
    <li className="class-row" data-active={active}>
      <button
        type="button"
        className="class-main"
        aria-pressed={active}
        title={item.index === VOID ? t('voidHint') : undefined}
        onClick={() => session.tools.chooseClass(item.index)}
      >
        <ClassSwatch index={item.index} colour={colour} size={16} />
        <span className="truncate grow">{item.name}</span>
        <span className="muted small num">{count === 0 ? '' : count}</span>
        {item.hotkey !== '' && <kbd>{item.hotkey.toUpperCase()}</kbd>}
      </button>
      <button
        type="button"
        className="row-action"
        data-on={hidden}
        aria-label={t(hidden ? 'showClass' : 'hideClass', { name: item.name })}
        aria-pressed={hidden}
        title={t('soloHint')}
        onClick={toggle}
      >
        {hidden ? <EyeOff size={15} aria-hidden /> : <Eye size={15} aria-hidden />}
      </button>
      <button
        type="button"
        className="row-action"
        data-on={locked}
        aria-label={t(locked ? 'unlock' : 'lock', { name: item.name })}
        onClick={lock}
      >
        {locked ? <Lock size={15} aria-hidden /> : <LockOpen size={15} aria-hidden />}
      </button>
    </li>
  )
}
