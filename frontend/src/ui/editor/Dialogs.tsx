/** The editor's dialogs: signing in again without losing work, returning an image. */
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { type Me, signIn } from '@/sync/api'
import { Button } from '@/ui/kit/Button'
import { Dialog } from '@/ui/kit/Dialog'
import { TextAreaField, TextField } from '@/ui/kit/Field'
import { ProblemNotice } from '@/ui/kit/Problem'

import type { Opened } from './open'
import { useSaveState } from './use'
import type { Workflow } from './workflow'

interface SignInAgainProps {
  readonly opened: Opened
  readonly email: string
  readonly onSignedIn: (me: Me) => void
}

/** Opens by itself when the server says that the sign-in has expired; closing it keeps the work on this computer. */
export function SignInAgain({ opened, email, onSignedIn }: SignInAgainProps) {
  const { t } = useTranslation('editor')
  const save = useSaveState(opened)
  const needed = save.blocked === 'signed-out'
  const [dismissed, setDismissed] = useState(false)
  const [password, setPassword] = useState('')
  const [address, setAddress] = useState(email)
  if (!needed && dismissed) setDismissed(false)
  const enter = useMutation({
    mutationFn: () => signIn({ email: address, password }),
    meta: { quiet: true },
    onSuccess: (me) => {
      setPassword('')
      onSignedIn(me)
      opened.queue.resume()
    },
  })
  return (
    <Dialog
      open={needed && !dismissed}
      onOpenChange={(open) => setDismissed(!open)}
      title={t('signIn.title')}
      description={t('signIn.text', { count: save.pending })}
      onSubmit={() => enter.mutate()}
      footer={
        <>
          <Button onClick={() => opened.queue.resume()}>{t('signIn.again')}</Button>
          <Button variant="primary" type="submit" busy={enter.isPending}>
            {t('signIn.go')}
          </Button>
        </>
      }
    >
      {enter.error !== null && <ProblemNotice error={enter.error} />}
      <TextField
        label={t('signIn.email')}
        type="email"
        autoComplete="username"
        value={address}
        onValue={setAddress}
      />
      <TextField
        label={t('signIn.password')}
        type="password"
        autoComplete="current-password"
        value={password}
        onValue={setPassword}
      />
      <p className="muted small">{t('signIn.link')}</p>
    </Dialog>
  )
}

export function ReturnDialog({ workflow }: { readonly workflow: Workflow }) {
  const { t } = useTranslation('editor')
  const [comment, setComment] = useState('')
  return (
    <Dialog
      open={workflow.returning}
      onOpenChange={(open) => !open && workflow.cancelReturn()}
      title={t('returnTitle')}
      description={t('returnText')}
      onSubmit={() => workflow.giveBack(comment)}
      footer={
        <Button variant="primary" type="submit" busy={workflow.busy} disabled={comment.trim() === ''}>
          {t('return')}
        </Button>
      }
    >
      <TextAreaField label={t('comment')} value={comment} onValue={setComment} />
    </Dialog>
  )
}
