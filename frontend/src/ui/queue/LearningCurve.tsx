/** The score over the rounds of labelling, with intervals, and what stands against believing it. */
import { useQuery } from '@tanstack/react-query'
import { Info } from 'lucide-react'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'

import { getLearningCurve, type Round } from '@/sync/learningApi'
import { keys } from '@/ui/app/queries'
import { Skeleton } from '@/ui/kit/Bits'
import { ProblemNotice } from '@/ui/kit/Problem'
import { LineChart, type Series } from '@/ui/models/charts/LineChart'
import { score } from '@/ui/models/format'

/** Of several models with the same number of labelled images the last one counts; ordered by that number. */
export function roundsOf(rounds: readonly Round[]): readonly Round[] {
  const byLabelled = new Map(rounds.map((round) => [round.labelled, round]))
  return [...byLabelled.values()].sort((one, other) => one.labelled - other.labelled)
}

export function LearningCurve({ project }: { readonly project: string }) {
  const { t, i18n } = useTranslation('queue')
  const curve = useQuery({
    queryKey: keys.learningCurve(project),
    queryFn: () => getLearningCurve(project),
  })
  const rounds = useMemo(() => roundsOf(curve.data?.results ?? []), [curve.data])
  const metricKey = rounds[0]?.metric ?? 'mean_iou'
  const metric = t(`models:metric.${metricKey}`, metricKey)
  const series = useMemo<readonly Series[]>(
    () => [
      {
        key: 'rounds',
        label: metric,
        colour: 'var(--series-1)',
        marks: true,
        dots: rounds.map((round) => ({ x: round.labelled, y: round.value })),
        band: rounds.flatMap((round) =>
          round.low === null || round.high === null
            ? []
            : [{ x: round.labelled, low: round.low, high: round.high }],
        ),
      },
    ],
    [metric, rounds],
  )
  const format = useMemo(
    () => (value: number) => score(value, i18n.language, metricKey),
    [i18n.language, metricKey],
  )
  const note = curve.data?.note ?? ''
  return (
    <section className="card card-pad" aria-labelledby="learning-curve">
      <div className="card-head">
        <h3 id="learning-curve">{t('curve')}</h3>
        {rounds.length > 0 && <span className="small muted">{t('curve.note', { metric })}</span>}
      </div>
      {curve.error && <ProblemNotice error={curve.error} onRetry={() => void curve.refetch()} />}
      {curve.isPending && <Skeleton style={{ height: 180, borderRadius: 12 }} />}
      {curve.data && rounds.length === 0 && <p className="nothing muted">{t('curve.none')}</p>}
      {rounds.length > 0 && (
        <LineChart label={t('curve')} xLabel={t('curve.x')} series={series} format={format} />
      )}
      {note !== '' && rounds.length > 0 && (
        <div className="notice curve-told">
          <Info size={18} aria-hidden />
          <p>{t(`curve.told.${note}`)}</p>
        </div>
      )}
    </section>
  )
}
