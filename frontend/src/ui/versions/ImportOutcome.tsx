/** What an import brought: counts, and every record that was left out, with its place. */
import { TriangleAlert } from 'lucide-react'
import { useTranslation } from 'react-i18next'

import type { Job } from '@/sync/api'
import type { ProblemItem } from '@/sync/client'
import { integer } from '@/ui/kit/format'
import { ProblemList } from '@/ui/kit/Problem'

interface Outcome {
  readonly images?: Readonly<Record<'created' | 'duplicate' | 'matched' | 'rejected', number>>
  readonly annotations?: number
  readonly classes?: readonly string[]
  readonly clips?: readonly { readonly group: string; readonly created: number; readonly present: number }[]
  readonly problems?: readonly ProblemItem[]
  readonly problem_count?: number
}

export function ImportOutcome({ result }: { readonly result: Job['result'] }) {
  const { t, i18n } = useTranslation('versions')
  const outcome = (result ?? {}) as Outcome
  const { images, annotations = 0, classes = [], problems = [], problem_count: problemCount = 0 } = outcome
  const clips = outcome.clips ?? []
  const rows = [
    [t('outcome.created'), images?.created ?? 0],
    [t('outcome.matched'), (images?.matched ?? 0) + (images?.duplicate ?? 0)],
    [t('outcome.rejected'), images?.rejected ?? 0],
    [t('outcome.annotations'), annotations],
    [t('outcome.classes'), classes.length],
  ] as const
  return (
    <>
      <dl className="outcome" data-testid="import-outcome">
        {rows.map(([name, count]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className="num">{integer(count, i18n.language)}</dd>
          </div>
        ))}
      </dl>
      {clips.map((clip) => (
        <p key={clip.group} className="small num">
          {t('video:outcome.frames', { count: clip.created + clip.present, group: clip.group })}
        </p>
      ))}
      {problemCount > 0 && (
        <div className="notice notice-warning">
          <TriangleAlert size={18} aria-hidden />
          <div className="grow">
            <strong>{t('outcome.problems', { count: problemCount })}</strong>
            <ProblemList items={problems} />
          </div>
        </div>
      )}
    </>
  )
}
