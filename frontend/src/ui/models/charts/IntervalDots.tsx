/** Figures with their 95 % intervals: a dot on a bar, on one common scale of 0 to 100. */
import { useTranslation } from 'react-i18next'

import type { Estimate } from '@/sync/learningApi'

import { hasInterval, interval, score } from '../format'

export interface Measured {
  readonly key: string
  readonly label: string
  readonly estimate: Estimate
  readonly strong?: boolean
}

const percentOf = (value: number) => `${Math.min(100, Math.max(0, value * 100))}%`

export function IntervalDots({ rows }: { readonly rows: readonly Measured[] }) {
  const { t, i18n } = useTranslation('models')
  return (
    <ul className="interval-dots">
      {rows.map(({ key, label, estimate, strong = false }) => (
        <li key={key} data-strong={strong || undefined}>
          <span className="truncate">{label}</span>
          <span className="interval-track" aria-hidden>
            {hasInterval(estimate) && (
              <span
                className="interval-bar"
                style={{
                  left: percentOf(estimate.low),
                  width: `calc(${percentOf(estimate.high)} - ${percentOf(estimate.low)})`,
                }}
              />
            )}
            {estimate.value !== null && (
              <span className="interval-dot" style={{ left: percentOf(estimate.value) }} />
            )}
          </span>
          <strong className="num right">{score(estimate.value, i18n.language)}</strong>
          <span className="num small muted right">
            <span className="visually-hidden">{t('interval')} </span>
            {interval(estimate, i18n.language)}
          </span>
        </li>
      ))}
    </ul>
  )
}
