/** A histogram of 256 levels with the band that is taken; both of its ends can be dragged, or moved by arrow keys. */
import { Slider } from 'radix-ui'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'

const LAST = 255
const HEIGHT = 28

interface HistogramBandProps {
  readonly counts: readonly number[] | null
  readonly low: number
  readonly high: number
  readonly onBand: (low: number, high: number) => void
}

export function HistogramBand({ counts, low, high, onBand }: HistogramBandProps) {
  const { t } = useTranslation('assists')
  const path = useMemo(() => (counts ? outlineOf(counts) : ''), [counts])
  return (
    <span className="levels">
      <Slider.Root
        className="levels-slider"
        min={0}
        max={LAST}
        value={[Math.min(low, LAST), Math.max(0, high)]}
        onValueChange={([from, to]) => from !== undefined && to !== undefined && onBand(from, to)}
      >
        <Slider.Track className="levels-track">
          <svg viewBox={`0 0 ${LAST + 1} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden>
            <rect className="levels-band" x={low} width={Math.max(0, high + 1 - low)} height={HEIGHT} />
            <path className="levels-counts" d={path} />
          </svg>
        </Slider.Track>
        <Slider.Thumb className="levels-thumb" aria-label={t('low')} />
        <Slider.Thumb className="levels-thumb" aria-label={t('high')} />
      </Slider.Root>
      <span className="num assist-value">
        {low}–{high}
      </span>
    </span>
  )
}

/** By the square root, so that the few bright pixels of an object show beside a large background. */
function outlineOf(counts: readonly number[]): string {
  const most = Math.sqrt(Math.max(1, ...counts))
  const tops = counts.map((count, level) => {
    const y = (HEIGHT - (Math.sqrt(count) / most) * HEIGHT).toFixed(1)
    return `L${level} ${y}L${level + 1} ${y}`
  })
  return `M0 ${HEIGHT}${tops.join('')}L${LAST + 1} ${HEIGHT}Z`
}
