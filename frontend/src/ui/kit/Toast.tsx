/** Short messages at the foot of the window. They never hold the only copy of an error that needs an action. */
import { CircleAlert, CircleCheck, X } from 'lucide-react'
import { Toast as RadixToast } from 'radix-ui'
import { createContext, useCallback, useContext, useMemo, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import { Button, IconButton } from './Button'
import { problemDetail, problemTitle } from './Problem'

/** What can be done about what is said, for as long as it is there. */
interface ToastAction {
  readonly label: string
  readonly run: () => void
}
interface ToastMessage {
  readonly id: number
  readonly tone: 'success' | 'danger'
  readonly title: string
  readonly text: string
  readonly action?: ToastAction
}
interface Toaster {
  readonly done: (title: string, text?: string, action?: ToastAction) => void
  readonly failed: (error: unknown) => void
  /** Something was not done, and why: no error of the program. */
  readonly refused: (title: string, text?: string) => void
}

const ToastContext = createContext<Toaster | null>(null)

export function useToast(): Toaster {
  const toaster = useContext(ToastContext)
  if (!toaster) throw new Error('useToast needs a ToastHost above it')
  return toaster
}

let lastId = 0

export function ToastHost({ children }: { readonly children: ReactNode }) {
  const { t } = useTranslation()
  const [messages, setMessages] = useState<readonly ToastMessage[]>([])
  const add = useCallback((message: Omit<ToastMessage, 'id'>) => {
    lastId += 1
    setMessages((before) => [...before.slice(-2), { ...message, id: lastId }])
  }, [])
  const toaster = useMemo<Toaster>(
    () => ({
      done: (title, text = '', action) =>
        add({ tone: 'success', title, text, ...(action ? { action } : {}) }),
      refused: (title, text = '') => add({ tone: 'danger', title, text }),
      failed: (error) => add({ tone: 'danger', title: problemTitle(error, t), text: problemDetail(error) }),
    }),
    [add, t],
  )
  return (
    <ToastContext value={toaster}>
      <RadixToast.Provider duration={5000} label={t('notification')}>
        {children}
        {messages.map((message) => (
          <RadixToast.Root
            key={message.id}
            className="toast"
            data-tone={message.tone}
            duration={message.tone === 'danger' || message.action ? 9000 : 4500}
            onOpenChange={(open) => {
              if (!open) setMessages((before) => before.filter((other) => other.id !== message.id))
            }}
          >
            {message.tone === 'success' ? (
              <CircleCheck size={18} aria-hidden />
            ) : (
              <CircleAlert size={18} aria-hidden />
            )}
            <div className="toast-body">
              <RadixToast.Title className="toast-title">{message.title}</RadixToast.Title>
              {message.text !== '' && (
                <RadixToast.Description className="toast-text">{message.text}</RadixToast.Description>
              )}
            </div>
            {message.action && (
              <RadixToast.Action asChild altText={message.action.label}>
                <Button size="sm" onClick={message.action.run}>
                  {message.action.label}
                </Button>
              </RadixToast.Action>
            )}
            <RadixToast.Close asChild>
              <IconButton label={t('dismiss')} size="sm">
                <X size={16} aria-hidden />
              </IconButton>
            </RadixToast.Close>
          </RadixToast.Root>
        ))}
        <RadixToast.Viewport className="toasts" label={t('notifications')} />
      </RadixToast.Provider>
    </ToastContext>
  )
}
