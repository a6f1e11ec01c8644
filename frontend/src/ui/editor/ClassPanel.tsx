/**
 * The classes: a click or its key chooses one, or gives it to what is selected; each can be hidden. Void, the class of
 * pixels that nobody judges, is always the last.
 */
import { Eye, EyeOff } from 'lucide-react'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'

import { VOID } from '@/core/document'
import type { EditorClass } from '@/tools/editorState'

import { ClassSwatch } from './ClassSwatch'
import type { EditorSession } from './session'
import { useObjects, usePart } from './use'

export function ClassPanel({ session }: { readonly session: EditorSession }) {
  const { t } = useTranslation('editor')
  const classes = usePart(session.state, (state) => state.classes)
  const activeClass = usePart(session.state, (state) => state.activeClass)
  const hiddenClasses = usePart(session.state, (state) => state.hiddenClasses)
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
            count={counts.get(item.index) ?? 0}
            active={item.index === activeClass}
            hidden={hiddenClasses.has(item.index)}
          />
        ))}
      </ul>
    </section>
  )
}

interface ClassRowProps {
  readonly session: EditorSession
  readonly item: EditorClass
  readonly count: number
  readonly active: boolean
  readonly hidden: boolean
}

function ClassRow({ session, item, count, active, hidden }: ClassRowProps) {
  const { t } = useTranslation('editor')
  const toggle = () => {
    const next = new Set(session.state.get().hiddenClasses)
    if (!next.delete(item.index)) next.add(item.index)
    session.state.set({ hiddenClasses: next })
  }
  return (
    <li className="class-row" data-active={active}>
      <button
        type="button"
        className="class-main"
        aria-pressed={active}
        title={item.index === VOID ? t('voidHint') : undefined}
        onClick={() => session.tools.chooseClass(item.index)}
      >
        <ClassSwatch index={item.index} colour={item.colour} size={16} />
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
        onClick={toggle}
      >
        {hidden ? <EyeOff size={15} aria-hidden /> : <Eye size={15} aria-hidden />}
      </button>
    </li>
  )
}
