/** That a model made an object: which, how sure it was, and whether somebody changed it since. */
import { useQuery } from '@tanstack/react-query'
import { PencilLine, Sparkles } from 'lucide-react'
import { useTranslation } from 'react-i18next'

import type { AnnotationRecord } from '@/core/document'
import type { Prelabellers } from '@/sync/predictions'

import type { EditorSession } from '../session'
import { usePart } from '../use'
import { modelsKey } from './usePrelabels'

interface BadgeProps {
  readonly session: EditorSession
  readonly record: AnnotationRecord
}

interface Origin {
  readonly number: number | null
  readonly percent: number
  readonly changed: boolean
  readonly text: string
}

function useOrigin({ session, record }: BadgeProps): Origin {
  const { t } = useTranslation('prelabels')
  const models = useQuery<Prelabellers>({
    queryKey: modelsKey(session.given.document.projectId),
    enabled: false, // what usePrelabels has read
  })
  const shown = usePart(session.review.state, (state) => state.prediction?.model ?? null)
  const mine = record.model ?? (session.review.get(record.id) ? shown?.id : undefined)
  const known = models.data?.all.find((model) => model.id === mine) ?? (shown?.id === mine ? shown : null)
  const changed = session.review.isChangedSince(record)
  const percent = Math.round((record.score ?? 0) * 100)
  const number = known?.number ?? null
  const text =
    number === null
      ? t(changed ? 'badgeUnknownChanged' : 'badgeUnknown', { percent })
      : t(changed ? 'badgeChanged' : 'badge', { number, percent })
  return { number, percent, changed, text }
}

/** In a list: the model's number, and a pencil where it was changed. */
export function ModelBadge(props: BadgeProps) {
  const { number, changed, text } = useOrigin(props)
  return (
    <span className="model-badge num" title={text} data-changed={changed} data-testid="model-badge">
      {changed ? <PencilLine size={10} aria-hidden /> : <Sparkles size={10} aria-hidden />}
      {number ?? ''}
      <span className="visually-hidden">{text}</span>
    </span>
  )
}

/** Among the properties: the sentence. */
export function ModelOrigin(props: BadgeProps) {
  const { changed, text } = useOrigin(props)
  return (
    <p className="model-origin small" data-testid="model-origin">
      {changed ? <PencilLine size={13} aria-hidden /> : <Sparkles size={13} aria-hidden />}
      {text}
    </p>
  )
}
