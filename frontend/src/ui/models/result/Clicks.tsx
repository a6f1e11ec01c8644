/** How many clicks an object takes: the project's own click model against the others, on held-out images. */
import { MousePointerClick } from 'lucide-react'
import { useTranslation } from 'react-i18next'

import type { Clicks as ClickFigures } from '@/sync/learningApi'

import { figure, hasInterval, interval } from '../format'

interface ClicksProps {
  readonly clicks: ClickFigures
  readonly better: string | undefined
}

export function Clicks({ clicks, better }: ClicksProps) {
  const { t, i18n } = useTranslation('models')
  const targets = [...new Set(Object.values(clicks).flatMap((row) => Object.keys(row)))].sort()
  const most = Math.max(
    1,
    ...Object.values(clicks).flatMap((row) => Object.values(row).map((each) => each.high ?? each.value ?? 0)),
  )
  const at = (value: number) => `${(value / most) * 100}%`
  return (
    <div className="stack">
      {better !== undefined && better !== '' && (
        <div className="notice">
          <MousePointerClick size={18} aria-hidden />
          <div>
            <strong>{t(`clicks.better.${better}`, better)}</strong>
            <p>{t('clicks.text')}</p>
          </div>
        </div>
      )}
      {targets.map((target) => (
        <div key={target} className="stack-2">
          <span className="small muted">
            {t('clicks.until', { iou: figure(Number(target), i18n.language) })}
          </span>
          <ul className="interval-dots">
            {Object.entries(clicks).map(([model, row]) => {
              const estimate = row[target]
              return (
                estimate && (
                  <li key={model} data-strong={model === better || undefined}>
                    <span className="truncate">{t(`clicks.model.${model}`, model)}</span>
                    <span className="interval-track" aria-hidden>
                      {hasInterval(estimate) && (
                        <span
                          className="interval-bar"
                          style={{
                            left: at(estimate.low),
                            width: `calc(${at(estimate.high)} - ${at(estimate.low)})`,
                          }}
                        />
                      )}
                      <span className="interval-dot" style={{ left: at(estimate.value ?? 0) }} />
                    </span>
                    <strong className="num right">
                      {figure(estimate.value, i18n.language, 'clicks_85')}
                    </strong>
                    <span className="num small muted right">
                      {interval(estimate, i18n.language, 'clicks_85')}
                    </span>
                  </li>
                )
              )
            })}
          </ul>
        </div>
      ))}
    </div>
  )
}
