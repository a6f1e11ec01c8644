/** Signing in with an e-mail address and a password. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Navigate, useSearchParams } from 'react-router'

import { signIn } from '@/sync/api'
import { ApiProblem } from '@/sync/client'
import { keys, useMe } from '@/ui/app/queries'
import { useTitle } from '@/ui/app/useTitle'
import { Button } from '@/ui/kit/Button'
import { TextField } from '@/ui/kit/Field'
import { ProblemNotice } from '@/ui/kit/Problem'

import { AuthLayout } from './AuthLayout'

/** Only a path of this site: never sends anybody elsewhere. */
export function safeNext(next: string | null): string {
  return next !== null && /^\/(?![/\\])/.test(next) ? next : '/'
}

export function LoginPage() {
  const { t } = useTranslation('auth')
  const [search] = useSearchParams()
  const client = useQueryClient()
  const me = useMe()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  useTitle(t('login.title'))
  const enter = useMutation({
    mutationFn: () => signIn({ email: email.trim(), password }),
    onSuccess: (answer) => client.setQueryData(keys.me, answer),
    meta: { quiet: true },
  })
  if (me.data) return <Navigate to={safeNext(search.get('next'))} replace />
  const refused = enter.error instanceof ApiProblem && [400, 401].includes(enter.error.status)
  return (
    <AuthLayout title={t('login.title')} text={t('login.text')}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          enter.mutate()
        }}
      >
        <TextField
          label={t('email')}
          type="email"
          name="email"
          autoComplete="username"
          autoFocus
          required
          value={email}
          onValue={setEmail}
        />
        <TextField
          label={t('password')}
          type="password"
          name="password"
          autoComplete="current-password"
          required
          value={password}
          error={refused ? t('login.refused') : null}
          onValue={setPassword}
        />
        {enter.error && !refused && <ProblemNotice error={enter.error} />}
        <Button type="submit" variant="primary" size="lg" busy={enter.isPending}>
          {t('login.action')}
        </Button>
      </form>
    </AuthLayout>
  )
}
