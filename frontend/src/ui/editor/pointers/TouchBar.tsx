/** Buttons for what only keys can do otherwise, shown while fingers or a pen are used: undo, and end, drop, take back. */
import { Check, Hand, Pencil, Undo2, X, Delete } from 'lucide-react'
import { useTranslation } from 'react-i18next'

import type { EditorSession } from '../session'
import { usePart } from '../use'
import { useFinger } from './finger'

export function TouchBar({ session }: { readonly session: EditorSession }) {
  const { t } = useTranslation('touch')
  const pointerType = usePart(session.view, (view) => view.pointerType)
  const working = usePart(session.view, (view) => view.working)
  if (pointerType === 'mouse') return null
  const press = (key: string) => session.tools.key({ key, shift: false, alt: false, mod: false })
  return (
    <div className="touch-bar" role="toolbar" aria-label={t('bar')}>
      <FingerButton />
      {working ? (
        <>
          <button type="button" className="touch-button" onClick={() => press('Backspace')}>
            <Delete size={20} aria-hidden /> {t('back')}
          </button>
          <button type="button" className="touch-button" onClick={() => press('Escape')}>
            <X size={20} aria-hidden /> {t('cancel')}
          </button>
          <button type="button" className="touch-button touch-done" onClick={() => press('Enter')}>
            <Check size={20} aria-hidden /> {t('done')}
          </button>
        </>
      ) : (
        <button type="button" className="touch-button" onClick={() => session.tools.undo()}>
          <Undo2 size={20} aria-hidden /> {t('undo')}
        </button>
      )}
    </div>
  )
}

function FingerButton() {
  const { t } = useTranslation('touch')
  const [draws, choose] = useFinger()
  const text = draws ? t('fingerDraws') : t('fingerMoves')
  return (
    <button
      type="button"
      className="touch-button"
      aria-pressed={draws}
      aria-label={text}
      title={text}
      onClick={() => choose(!draws)}
    >
      {draws ? <Pencil size={20} aria-hidden /> : <Hand size={20} aria-hidden />}
    </button>
  )
}
