/** Small charts drawn as SVG: a ring of shares, and bars by day. Each has a text that says the same. */
import { useTranslation } from 'react-i18next'

import { day, integer, percent } from '@/ui/kit/format'

export interface Slice {
  readonly key: string
  readonly label: string
  readonly value: number
  readonly colour: string
}

const RADIUS = 54
const AROUND = 2 * Math.PI * RADIUS

interface RingProps {
  readonly slices: readonly Slice[]
  readonly headline: string
  readonly caption: string
  readonly label: string
}

/** A ring of shares, clockwise from the top, with a number in the middle. */
export function Ring({ slices, headline, caption, label }: RingProps) {
  const total = slices.reduce((sum, slice) => sum + slice.value, 0)
  const starts = slices.map((_, position) =>
    slices.slice(0, position).reduce((sum, slice) => sum + slice.value, 0),
  )
  const words = slices.map((slice) => `${slice.label} ${slice.value}`).join(', ')
  return (
    <svg viewBox="0 0 140 140" className="ring" role="img" aria-label={`${label}: ${words}`}>
      <circle cx="70" cy="70" r={RADIUS} fill="none" stroke="var(--surface-3)" strokeWidth="14" />
      {total > 0 &&
        slices.map((slice, position) => {
          const length = (slice.value / total) * AROUND
          if (length === 0) return null
          const gap = length > 4 && slice.value < total ? 1.5 : 0
          return (
            <circle
              key={slice.key}
              cx="70"
              cy="70"
              r={RADIUS}
              fill="none"
              stroke={slice.colour}
              strokeWidth="14"
              strokeDasharray={`${length - gap} ${AROUND - length + gap}`}
              strokeDashoffset={-((starts[position] ?? 0) / total) * AROUND}
              transform="rotate(-90 70 70)"
            />
          )
        })}
      <text x="70" y="71" textAnchor="middle" className="ring-number">
        {headline}
      </text>
      <text x="70" y="90" textAnchor="middle" className="ring-caption">
        {caption}
      </text>
    </svg>
  )
}

export interface DayBar {
  readonly date: string
  readonly value: number
}

const HEIGHT = 132
const STEP = 22

/** One bar a day; the highest day and the first and last dates are written out. */
export function DayBars({ days, label }: { readonly days: readonly DayBar[]; readonly label: string }) {
  const { i18n } = useTranslation()
  const most = Math.max(1, ...days.map((each) => each.value))
  const width = days.length * STEP
  const words = days
    .filter((each) => each.value > 0)
    .map((each) => `${day(each.date, i18n.language)} ${each.value}`)
  return (
    <div className="day-bars">
      <svg
        viewBox={`0 0 ${width} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${label}: ${words.join(', ')}`}
      >
        {[0.25, 0.5, 0.75, 1].map((level) => (
          <line
            key={level}
            x1="0"
            x2={width}
            y1={HEIGHT - level * (HEIGHT - 4)}
            y2={HEIGHT - level * (HEIGHT - 4)}
            stroke="var(--border)"
            strokeWidth="1"
            vectorEffect="non-scaling-stroke"
          />
        ))}
        {days.map((each, position) => {
          const height = each.value === 0 ? 0 : Math.max(3, (each.value / most) * (HEIGHT - 4))
          return (
            <rect
              key={each.date}
              x={position * STEP + 3}
              y={HEIGHT - height}
              width={STEP - 6}
              height={height}
              rx="3"
              fill="var(--accent)"
            >
              <title>{`${day(each.date, i18n.language)}: ${integer(each.value, i18n.language)}`}</title>
            </rect>
          )
        })}
      </svg>
      <span className="day-most num small muted" aria-hidden>
        {integer(most, i18n.language)}
      </span>
      <div className="spread small muted" aria-hidden>
        <span>{days[0] && day(days[0].date, i18n.language)}</span>
        <span>{days.length > 1 && day(days[days.length - 1]!.date, i18n.language)}</span>
      </div>
    </div>
  )
}

/** Horizontal bars, one a row, with the number and its share. */
export function ShareBars({ rows }: { readonly rows: readonly (Slice & { readonly note: string })[] }) {
  const { i18n } = useTranslation()
  const total = rows.reduce((sum, row) => sum + row.value, 0)
  const most = Math.max(1, ...rows.map((row) => row.value))
  return (
    <ul className="share-bars">
      {rows.map((row) => (
        <li key={row.key}>
          <span className="row truncate">
            <span className="swatch" style={{ background: row.colour }} />
            <span className="truncate">{row.label}</span>
          </span>
          <span className="share-track" aria-hidden>
            <span style={{ width: `${(row.value / most) * 100}%`, background: row.colour }} />
          </span>
          <span className="num right">{integer(row.value, i18n.language)}</span>
          <span className="num right muted">
            {total === 0 ? '–' : percent(row.value / total, i18n.language)}
          </span>
          <span className="right muted num share-note">{row.note}</span>
        </li>
      ))}
    </ul>
  )
}
