/** Shows what went wrong: a translated title by the problem's type, the server's detail, and every error with its place. */
import type { TFunction } from 'i18next'
import { CircleAlert, RotateCw } from 'lucide-react'
import { useTranslation } from 'react-i18next'

import { ApiProblem, NetworkFailure, type ProblemItem } from '@/sync/client'

import { Button } from './Button'

/** Every type of docs/api.md; a test keeps the two alike. */
export const PROBLEM_TYPES = [
  'class-in-use',
  'conflict',
  'csrf-failed',
  'image-closed',
  'internal-error',
  'invalid-input',
  'key-reused',
  'malformed-body',
  'method-not-allowed',
  'not-acceptable',
  'not-allowed',
  'not-found',
  'not-ready',
  'not-signed-in',
  'one-colour',
  'stale-objects',
  'too-large',
  'too-many-requests',
  'storage-full',
  'unavailable',
  'unsupported-format',
  'unsupported-media-type',
  'worse-than-champion',
  'wrong-credentials',
]

/** A short sentence for people, in their language, for anything that was thrown. */
export function problemTitle(error: unknown, t: TFunction): string {
  if (error instanceof NetworkFailure) return t('problems:network')
  if (!(error instanceof ApiProblem)) return t('problems:unknown')
  if (PROBLEM_TYPES.includes(error.type)) return t(`problems:type.${error.type}`)
  if (error.status >= 500) return t('problems:server')
  return error.title || t('problems:unknown')
}

export function problemDetail(error: unknown): string {
  return error instanceof ApiProblem ? error.detail : ''
}

/** The message for one field, when the server named it in `where`. */
export function fieldError(error: unknown, where: string): string | null {
  if (!(error instanceof ApiProblem)) return null
  return error.errors.find((item) => item.where === where)?.message ?? null
}

/** What is wrong and where, one line each; nothing for an empty list. */
export function ProblemList({ items }: { readonly items: readonly ProblemItem[] }) {
  if (items.length === 0) return null
  return (
    <ul className="notice-list">
      {items.map((item, position) => (
        <li key={position}>
          {item.where !== '' && <code>{item.where}</code>}
          {item.message}
        </li>
      ))}
    </ul>
  )
}

interface ProblemNoticeProps {
  readonly error: unknown
  readonly onRetry?: () => void
}

export function ProblemNotice({ error, onRetry }: ProblemNoticeProps) {
  const { t } = useTranslation()
  const items = error instanceof ApiProblem ? error.errors : []
  const detail = problemDetail(error)
  return (
    <div className="notice notice-danger" role="alert">
      <CircleAlert size={18} aria-hidden />
      <div className="grow">
        <strong>{problemTitle(error, t)}</strong>
        {detail !== '' && <p>{detail}</p>}
        <ProblemList items={items} />
      </div>
      {onRetry && (
        <Button size="sm" icon={<RotateCw size={14} aria-hidden />} onClick={onRetry}>
          {t('retry')}
        </Button>
      )}
    </div>
  )
}
