/** Whether a confidence of 0.8 is right four times in five: accuracy over confidence, in bins. */
import { useTranslation } from 'react-i18next'

import type { Calibration } from '@/sync/learningApi'
import { integer, percent } from '@/ui/kit/format'

import { compact } from '../format'

const SIDE = 220
const EDGE = 30
const RIGHT = 14 // half of the last label

export function CalibrationDiagram({ calibration }: { readonly calibration: Calibration }) {
  const { t, i18n } = useTranslation('models')
  const bins = (calibration.bins ?? []).filter((bin) => bin.count > 0)
  const most = Math.max(1, ...bins.map((bin) => bin.count))
  const at = (value: number) => EDGE + value * (SIDE - EDGE - RIGHT)
  const up = (value: number) => SIDE - at(value)
  const told = bins
    .map(
      (bin) => `${percent(bin.confidence ?? 0, i18n.language)}: ${percent(bin.accuracy ?? 0, i18n.language)}`,
    )
    .join(', ')
  return (
    <div className="calibration">
      <svg
        viewBox={`0 0 ${SIDE} ${SIDE}`}
        width={SIDE}
        height={SIDE}
        role="img"
        aria-label={`${t('calibration')}: ${told}`}
        className="chart-axes"
      >
        {[0, 0.5, 1].map((value) => (
          <g key={value}>
            <line x1={EDGE} x2={SIDE - RIGHT} y1={up(value)} y2={up(value)} />
            <text x={EDGE - 6} y={up(value)} dy="0.32em" textAnchor="end">
              {value * 100}
            </text>
            <text x={at(value)} y={SIDE - 12} textAnchor="middle">
              {value * 100}
            </text>
          </g>
        ))}
        <line className="calibration-ideal" x1={at(0)} y1={up(0)} x2={at(1)} y2={up(1)} />
        {bins.map((bin, position) => (
          <circle
            key={position}
            cx={at(bin.confidence ?? 0)}
            cy={up(bin.accuracy ?? 0)}
            r={3 + 5 * Math.sqrt(bin.count / most)}
            fill="var(--accent)"
            fillOpacity="0.75"
          >
            <title>{`${percent(bin.confidence ?? 0, i18n.language)} → ${percent(bin.accuracy ?? 0, i18n.language)} (${integer(bin.count, i18n.language)})`}</title>
          </circle>
        ))}
      </svg>
      <div className="stack-2 small">
        <p className="muted">{t('calibration.text')}</p>
        <dl className="pairs">
          <div>
            <dt>{t('calibration.before')}</dt>
            <dd className="num">{compact(calibration.before, i18n.language)}</dd>
          </div>
          <div>
            <dt>{t('calibration.after')}</dt>
            <dd className="num">{compact(calibration.after, i18n.language)}</dd>
          </div>
          <div>
            <dt>{t('calibration.temperature')}</dt>
            <dd className="num">{compact(calibration.temperature, i18n.language)}</dd>
          </div>
        </dl>
      </div>
    </div>
  )
}
