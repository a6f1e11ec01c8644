/** Dialogs: a form dialog, a side drawer, and a confirmation that can ask to type a word first. */
import { X } from 'lucide-react'
import { AlertDialog, Dialog as RadixDialog } from 'radix-ui'
import { useState, type SyntheticEvent, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import { Button, IconButton } from './Button'
import { ProblemNotice } from './Problem'
import { TextField } from './Field'

/** Where there is nothing to type, the panel itself gets the focus: the close button would open its tooltip. */
function focusPanel(event: Event): void {
  event.preventDefault()
  if (event.currentTarget instanceof HTMLElement) event.currentTarget.focus()
}

interface DialogProps {
  readonly open: boolean
  readonly onOpenChange: (open: boolean) => void
  readonly title: string
  readonly description?: string
  readonly wide?: boolean
  readonly footer?: ReactNode
  /** Makes the dialog a form: Enter submits. */
  readonly onSubmit?: () => void
  readonly children: ReactNode
}

export function Dialog(props: DialogProps) {
  const { open, onOpenChange, title, description, wide = false, footer, onSubmit, children } = props
  const { t } = useTranslation()
  const inside = (
    <>
      <div className="dialog-body stack">{children}</div>
      {footer !== undefined && <div className="dialog-foot">{footer}</div>}
    </>
  )
  return (
    <RadixDialog.Root open={open} onOpenChange={onOpenChange}>
      <RadixDialog.Portal>
        <RadixDialog.Overlay className="overlay" />
        <RadixDialog.Content
          className={`dialog ${wide ? 'dialog-wide' : ''}`}
          onOpenAutoFocus={onSubmit ? undefined : focusPanel}
          {...(description === undefined ? { 'aria-describedby': undefined } : {})}
          onInteractOutside={(event) => onSubmit && event.preventDefault()}
        >
          <div className="dialog-head">
            <RadixDialog.Title asChild>
              <h2>{title}</h2>
            </RadixDialog.Title>
            {description !== undefined && <RadixDialog.Description>{description}</RadixDialog.Description>}
          </div>
          {onSubmit ? (
            <form
              noValidate
              style={{ display: 'contents' }}
              onSubmit={(event: SyntheticEvent) => {
                event.preventDefault()
                event.stopPropagation()
                onSubmit()
              }}
            >
              {inside}
            </form>
          ) : (
            inside
          )}
          <RadixDialog.Close asChild>
            <IconButton label={t('close')} className="dialog-close" size="sm">
              <X size={18} aria-hidden />
            </IconButton>
          </RadixDialog.Close>
        </RadixDialog.Content>
      </RadixDialog.Portal>
    </RadixDialog.Root>
  )
}

interface DrawerProps {
  readonly open: boolean
  readonly onOpenChange: (open: boolean) => void
  readonly title: string
  readonly children: ReactNode
}

export function Drawer({ open, onOpenChange, title, children }: DrawerProps) {
  const { t } = useTranslation()
  return (
    <RadixDialog.Root open={open} onOpenChange={onOpenChange}>
      <RadixDialog.Portal>
        <RadixDialog.Overlay className="overlay" />
        <RadixDialog.Content className="drawer" aria-describedby={undefined} onOpenAutoFocus={focusPanel}>
          <div className="dialog-head">
            <RadixDialog.Title asChild>
              <h2>{title}</h2>
            </RadixDialog.Title>
          </div>
          <div className="dialog-body stack">{children}</div>
          <RadixDialog.Close asChild>
            <IconButton label={t('close')} className="dialog-close" size="sm">
              <X size={18} aria-hidden />
            </IconButton>
          </RadixDialog.Close>
        </RadixDialog.Content>
      </RadixDialog.Portal>
    </RadixDialog.Root>
  )
}

interface ConfirmProps {
  readonly open: boolean
  readonly onOpenChange: (open: boolean) => void
  readonly title: string
  readonly text: string
  readonly action: string
  readonly onConfirm: () => void
  readonly busy?: boolean
  readonly error?: unknown
  /** When given, the person has to type it before the action is possible. */
  readonly typed?: string
  readonly children?: ReactNode
}

export function ConfirmDialog(props: ConfirmProps) {
  const { open, onOpenChange, title, text, action, onConfirm, busy = false, error, typed, children } = props
  const { t } = useTranslation()
  const [word, setWord] = useState('')
  const change = (next: boolean) => {
    setWord('')
    onOpenChange(next)
  }
  return (
    <AlertDialog.Root open={open} onOpenChange={change}>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className="overlay" />
        <AlertDialog.Content className="dialog">
          <div className="dialog-head">
            <AlertDialog.Title asChild>
              <h2>{title}</h2>
            </AlertDialog.Title>
            <AlertDialog.Description className="pre-line">{text}</AlertDialog.Description>
          </div>
          <div className="dialog-body stack">
            {children}
            {typed !== undefined && (
              <TextField
                label={t('typeToConfirm', { word: typed })}
                value={word}
                onValue={setWord}
                autoComplete="off"
              />
            )}
            {error !== undefined && error !== null && <ProblemNotice error={error} />}
          </div>
          <div className="dialog-foot">
            <AlertDialog.Cancel asChild>
              <Button>{t('cancel')}</Button>
            </AlertDialog.Cancel>
            <Button
              variant="danger"
              busy={busy}
              disabled={typed !== undefined && word.trim() !== typed}
              onClick={onConfirm}
            >
              {action}
            </Button>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  )
}
