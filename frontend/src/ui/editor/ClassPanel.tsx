/** The classes: a click or its key chooses one, or gives it to what is selected; each can be hidden. */
import { Eye, EyeOff } from 'lucide-react'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'

import { Swatch } from '@/ui/kit/Bits'

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
  const toggle = (index: number) => {
    const next = new Set(hiddenClasses)
    if (!next.delete(index)) next.add(index)
    session.state.set({ hiddenClasses: next })
  }
  return (
    <section className="panel" aria-label={t('classes')}>
      <header className="panel-head">
        <h2>{t('classes')}</h2>
        <span className="muted small num">{classes.length}</span>
      </header>
      {classes.length === 0 && <p className="panel-empty">{t('noClasses')}</p>}
      <ul className="class-list">
        {classes.map((item) => {
          const hidden = hiddenClasses.has(item.index)
          return (
            <li key={item.index} className="class-row" data-active={item.index === activeClass}>
              <button
                type="button"
                className="class-main"
                aria-pressed={item.index === activeClass}
                onClick={() => session.tools.chooseClass(item.index)}
              >
                <Swatch colour={item.colour} size={16} />
                <span className="truncate grow">{item.name}</span>
                <span className="muted small num">{counts.get(item.index) ?? ''}</span>
                {item.hotkey !== '' && <kbd>{item.hotkey.toUpperCase()}</kbd>}
              </button>
              <button
                type="button"
                className="row-action"
                data-on={hidden}
                aria-label={t(hidden ? 'showClass' : 'hideClass', { name: item.name })}
                aria-pressed={hidden}
                onClick={() => toggle(item.index)}
              >
                {hidden ? <EyeOff size={15} aria-hidden /> : <Eye size={15} aria-hidden />}
              </button>
            </li>
          )
        })}
      </ul>
    </section>
  )
}
