/** Accepting an invitation: the person chooses a name and a password. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate, useParams } from 'react-router'

import { acceptInvitation } from '@/sync/api'
import { keys } from '@/ui/app/queries'
import { useTitle } from '@/ui/app/useTitle'
import { Button } from '@/ui/kit/Button'
import { TextField } from '@/ui/kit/Field'
import { fieldError, ProblemNotice } from '@/ui/kit/Problem'

import { AuthLayout } from './AuthLayout'

export function InvitationPage() {
  const { t } = useTranslation('auth')
  const { token = '' } = useParams()
  const client = useQueryClient()
  const navigate = useNavigate()
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  useTitle(t('invitation.title'))
  const accept = useMutation({
    mutationFn: () => acceptInvitation({ token, name: name.trim(), password }),
    onSuccess: (me) => {
      client.setQueryData(keys.me, me)
      void navigate('/', { replace: true })
    },
    meta: { quiet: true },
  })
  return (
    <AuthLayout title={t('invitation.title')} text={t('invitation.text')}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          accept.mutate()
        }}
      >
        <TextField
          label={t('name')}
          autoComplete="name"
          autoFocus
          required
          maxLength={150}
          value={name}
          error={fieldError(accept.error, 'name')}
          onValue={setName}
        />
        <TextField
          label={t('password')}
          type="password"
          autoComplete="new-password"
          required
          minLength={8}
          hint={t('invitation.passwordHint')}
          value={password}
          error={fieldError(accept.error, 'password')}
          onValue={setPassword}
        />
        {accept.error && <ProblemNotice error={accept.error} />}
        <Button type="submit" variant="primary" size="lg" busy={accept.isPending}>
          {t('invitation.action')}
        </Button>
      </form>
    </AuthLayout>
  )
}
