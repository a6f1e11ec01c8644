/** How far people changed what they accepted of a model's proposals: the work that it saved, or made. */
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'

import { getCorrections } from '@/sync/learningApi'
import { Skeleton } from '@/ui/kit/Bits'
import { integer } from '@/ui/kit/format'
import { ProblemNotice } from '@/ui/kit/Problem'

import { figure } from '../format'

export function CorrectionsPanel({ model }: { readonly model: string }) {
  const { t, i18n } = useTranslation('models')
  const found = useQuery({ queryKey: ['corrections', model], queryFn: () => getCorrections(model) })
  if (found.error) return <ProblemNotice error={found.error} onRetry={() => void found.refetch()} />
  if (!found.data) return <Skeleton style={{ height: 64, borderRadius: 12 }} />
  const { accepted, unchanged, deleted, rejected, edit } = found.data
  if (accepted + rejected === 0) return <p className="nothing muted">{t('corrections.none')}</p>
  const rows = [
    ['accepted', integer(accepted, i18n.language)],
    ['unchanged', integer(unchanged, i18n.language)],
    ['rejected', integer(rejected, i18n.language)],
    ['deleted', integer(deleted, i18n.language)],
    ['edit', `${figure(edit, i18n.language)} %`],
  ] as const
  return (
    <dl className="moment">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{t(`corrections.${name}`)}</dt>
          <dd className="num">{value}</dd>
        </div>
      ))}
    </dl>
  )
}
