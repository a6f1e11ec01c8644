/** The images that a model does worst on; each opens in the editor. */
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import { getWorst, type WorstImage } from '@/sync/learningApi'
import { Skeleton } from '@/ui/kit/Bits'
import { ProblemNotice } from '@/ui/kit/Problem'

import { score } from '../format'

function Tile({ image, metric }: { readonly image: WorstImage; readonly metric: string }) {
  const { t, i18n } = useTranslation('models')
  const told = score(image.score, i18n.language, metric)
  const inside = (
    <>
      {image.thumbnail === null ? (
        <span className="worst-gone" />
      ) : (
        <img src={image.thumbnail} alt="" loading="lazy" decoding="async" />
      )}
      <span className="worst-score num">{told}</span>
      <span className="small truncate">{image.name}</span>
    </>
  )
  if (image.image === null) return <div className="worst-tile">{inside}</div>
  return (
    <Link className="worst-tile" to={`/images/${image.image}`}>
      {inside}
      <span className="visually-hidden">{t('worst.open')}</span>
    </Link>
  )
}

export function Worst({ model }: { readonly model: string }) {
  const { t } = useTranslation('models')
  const worst = useQuery({ queryKey: ['worst', model], queryFn: () => getWorst(model) })
  if (worst.error) return <ProblemNotice error={worst.error} onRetry={() => void worst.refetch()} />
  if (!worst.data) return <Skeleton style={{ height: 150, borderRadius: 12 }} />
  const { results, metric } = worst.data
  if (results.length === 0) return <p className="nothing muted">{t('worst.none')}</p>
  return (
    <div className="stack-2">
      <p className="small muted">{t('worst.note', { metric: t(`metric.${metric}`, metric) })}</p>
      <div className="worst">
        {results.map((image, position) => (
          <Tile key={image.image ?? position} image={image} metric={metric} />
        ))}
      </div>
    </div>
  )
}
