/** A field to write a comment in: Ctrl+Enter sends, Esc gives up. What was written stays when sending failed. */
import { type KeyboardEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { Button } from '@/ui/kit/Button'

const MAX_TEXT = 10_000

interface ComposerProps {
  readonly label: string
  readonly action: string
  readonly text?: string
  readonly focus?: boolean
  readonly onSend: (text: string) => Promise<unknown>
  readonly onCancel?: () => void
}

export function Composer({
  label,
  action,
  text: given = '',
  focus = false,
  onSend,
  onCancel,
}: ComposerProps) {
  const { t } = useTranslation('together')
  const [text, setText] = useState(given)
  const [busy, setBusy] = useState(false)
  const ready = text.trim() !== '' && !busy
  const send = async () => {
    if (!ready) return
    setBusy(true)
    try {
      await onSend(text.trim())
      setText('')
    } catch {
      // Told already; the text stays to be sent again.
    } finally {
      setBusy(false)
    }
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault()
      void send()
    }
    if (event.key === 'Escape' && onCancel) {
      event.stopPropagation()
      onCancel()
    }
  }
  return (
    <div className="composer">
      <textarea
        className="input"
        aria-label={label}
        placeholder={label}
        rows={2}
        maxLength={MAX_TEXT}
        // The person has just asked to write here.
        autoFocus={focus}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <div className="composer-actions">
        <span className="small muted">{t('comments.sendKey')}</span>
        {onCancel && (
          <Button size="sm" variant="ghost" onClick={onCancel}>
            {t('common:cancel')}
          </Button>
        )}
        <Button size="sm" variant="primary" busy={busy} disabled={!ready} onClick={() => void send()}>
          {action}
        </Button>
      </div>
    </div>
  )
}
