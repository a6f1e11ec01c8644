/** One model against another on the same images: the difference with its interval, and what that means. */
import { CircleCheck, CircleHelp, Equal, TrendingDown } from 'lucide-react'
import { useTranslation } from 'react-i18next'

import type { Comparison } from '@/sync/learningApi'

import { signed } from '../format'

const ICONS = {
  better: <CircleCheck size={18} aria-hidden />,
  worse: <TrendingDown size={18} aria-hidden />,
  same: <Equal size={18} aria-hidden />,
  unknown: <CircleHelp size={18} aria-hidden />,
} as const

/** Half of the scale that the interval is drawn on: wide enough for both of its ends. */
export function reach(comparison: Pick<Comparison, 'low' | 'high' | 'difference'>): number {
  const ends = [comparison.low, comparison.high, comparison.difference].map((end) => Math.abs(end ?? 0))
  return Math.max(0.02, ...ends) * 1.15
}

export function Verdict({ comparison }: { readonly comparison: Comparison }) {
  const { t, i18n } = useTranslation('models')
  const { verdict, difference, low, high, images, metric, reason } = comparison
  const half = reach(comparison)
  const at = (value: number) => `${50 + (value / half) * 50}%`
  return (
    <div className="verdict" data-verdict={verdict}>
      <div className="row">
        {ICONS[verdict]}
        <strong>{t(`verdict.${verdict}`)}</strong>
      </div>
      {reason !== '' && <p className="small">{t(`verdictReason.${reason}`, reason)}</p>}
      {difference !== null && (
        <>
          <div className="difference" aria-hidden>
            <span className="difference-zero" />
            {low !== null && high !== null && (
              <span
                className="difference-bar"
                style={{ left: at(low), width: `calc(${at(high)} - ${at(low)})` }}
              />
            )}
            <span className="difference-dot" style={{ left: at(difference) }} />
          </div>
          <p className="small num">
            {t('verdict.difference', {
              difference: signed(difference, i18n.language),
              low: signed(low, i18n.language),
              high: signed(high, i18n.language),
              metric: t(`metric.${metric}`, metric),
              count: images,
            })}
          </p>
        </>
      )}
    </div>
  )
}
