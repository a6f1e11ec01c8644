/** The page for an address that leads nowhere, and the one for an error that nothing else caught. */
import { useQueryErrorResetBoundary } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Link, useRouteError } from 'react-router'

import { ApiProblem } from '@/sync/client'
import { Button, ButtonLink } from '@/ui/kit/Button'
import { EmptyState } from '@/ui/kit/Bits'
import { ProblemNotice, problemTitle } from '@/ui/kit/Problem'

import { useTitle } from './useTitle'

function BrokenContour() {
  return (
    <svg width="120" height="90" viewBox="0 0 120 90" fill="none" stroke="currentColor" strokeWidth="2.5">
      <path
        d="M22 52C14 26 36 8 60 12c14 2 18 11 28 16 14 8 15 28 4 40-9 10-19 7-30 11"
        strokeDasharray="7 6"
        strokeLinecap="round"
      />
      <circle cx="22" cy="52" r="4.5" fill="var(--bg)" />
      <circle cx="62" cy="79" r="4.5" fill="var(--bg)" />
      <path d="M29 63l3 5M38 72l5 3" strokeLinecap="round" opacity=".5" />
    </svg>
  )
}

export function NotFoundPage() {
  const { t } = useTranslation()
  useTitle(t('notFound.title'))
  return (
    <main className="centred-page" id="main">
      <EmptyState heading="h1" art={<BrokenContour />} title={t('notFound.title')} text={t('notFound.text')}>
        <ButtonLink variant="primary">
          <Link to="/">{t('notFound.home')}</Link>
        </ButtonLink>
      </EmptyState>
    </main>
  )
}

/** In the place of the whole page when even the account could not be asked for. */
export function ServerDownPage({
  error,
  onRetry,
}: {
  readonly error: unknown
  readonly onRetry: () => void
}) {
  const { t } = useTranslation()
  return (
    <main className="centred-page" id="main">
      <EmptyState heading="h1" art={<BrokenContour />} title={problemTitle(error, t)} text={t('serverDown')}>
        <Button variant="primary" onClick={onRetry}>
          {t('retry')}
        </Button>
      </EmptyState>
    </main>
  )
}

/** React Router puts this in the place of a route that threw. */
export function RouteError() {
  const { t } = useTranslation()
  const error = useRouteError()
  const { reset } = useQueryErrorResetBoundary()
  useTitle(t('crash.title'))
  if (error instanceof ApiProblem && error.status === 404) return <NotFoundPage />
  const again = () => {
    reset()
    window.location.reload()
  }
  return (
    <main className="centred-page" id="main">
      <EmptyState heading="h1" art={<BrokenContour />} title={t('crash.title')} text={t('crash.text')}>
        <Button variant="primary" onClick={again}>
          {t('crash.reload')}
        </Button>
        <ButtonLink>
          <Link to="/">{t('notFound.home')}</Link>
        </ButtonLink>
      </EmptyState>
      <ProblemNotice error={error} />
    </main>
  )
}
