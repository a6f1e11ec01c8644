/**
 * Lines over steps: axes, a crosshair that reads the values at a step by pointer and by arrow keys, and the same
 * numbers as a table. Redrawn when its series change, not when the page around it does.
 */
import { memo, useMemo, useState, type KeyboardEvent, type PointerEvent } from 'react'
import { useTranslation } from 'react-i18next'

import { integer } from '@/ui/kit/format'

import { logTicks, nearest, niceTicks, pathOf, scaleOf, thinned, type Dot, type Scale } from './scale'
import { useWidth } from './useWidth'

export interface Series {
  readonly key: string
  readonly label: string
  readonly colour: string
  readonly dots: readonly Dot[]
  /** The same, not smoothed: drawn faintly behind. */
  readonly raw?: readonly Dot[]
  /** Dashes tell a line from the others without its colour. */
  readonly dash?: string
  /** Each measured point is marked. */
  readonly marks?: boolean
  /** From low to high, around the line. */
  readonly band?: readonly { readonly x: number; readonly low: number; readonly high: number }[]
}
export interface Flag {
  readonly x: number
  readonly y: number
  readonly label: string
}
interface LineChartProps {
  readonly label: string
  readonly xLabel: string
  readonly series: readonly Series[]
  readonly format: (value: number) => string
  readonly height?: number
  readonly log?: boolean
  /** Values that the upright axis shows at least. */
  readonly include?: readonly number[]
  /** Steps that the level axis shows at least. */
  readonly span?: readonly number[] | undefined
  readonly flag?: Flag | undefined
}

const LEFT = 48
const RIGHT = 14
const TOP = 12
const BOTTOM = 40
const MOST_DOTS = 600
const MOST_ROWS = 40

function extent(values: readonly number[]): readonly [number, number] {
  let low = Infinity
  let high = -Infinity
  for (const value of values) {
    if (value < low) low = value
    if (value > high) high = value
  }
  return [low, high]
}

function yDomain(
  series: readonly Series[],
  log: boolean,
  include: readonly number[],
  flagged: boolean,
): readonly [number, number] {
  const values = series.flatMap((each) => [
    ...(each.raw ?? each.dots).map((dot) => dot.y),
    ...(each.band ?? []).flatMap((one) => [one.low, one.high]),
  ])
  const [low, high] = extent(
    [...values, ...include].filter((value) => Number.isFinite(value) && (!log || value > 0)),
  )
  if (!(high >= low)) return log ? [0.1, 1] : [0, 1]
  if (log) return [low * 0.85, high * 1.15]
  const air = (high - low) * 0.08
  // Above the best point its label has room.
  const above = flagged ? 3 * air : air
  return [include.includes(low) ? low : low - air, include.includes(high) ? high : high + above]
}

interface FrameProps {
  readonly x: Scale
  readonly y: Scale
  readonly width: number
  readonly height: number
  readonly format: (value: number) => string
  readonly xLabel: string
}

function Axes({ x, y, width, height, format, xLabel }: FrameProps) {
  const { i18n } = useTranslation()
  const rows = y.log ? logTicks(y.from, y.to) : niceTicks(y.from, y.to, height < 160 ? 3 : 4)
  const columns = niceTicks(x.from, x.to, Math.max(2, Math.floor(width / 110))).filter(Number.isInteger)
  return (
    <g className="chart-axes">
      {rows.map((value) => (
        <g key={value} transform={`translate(0 ${y.at(value)})`}>
          <line x1={LEFT} x2={width - RIGHT} />
          <text x={LEFT - 8} dy="0.32em" textAnchor="end">
            {format(value)}
          </text>
        </g>
      ))}
      {columns.map((value) => (
        <text key={value} x={x.at(value)} y={height - BOTTOM + 16} textAnchor="middle">
          {integer(value, i18n.language)}
        </text>
      ))}
      <text x={(LEFT + width - RIGHT) / 2} y={height - 4} textAnchor="middle" className="chart-x">
        {xLabel}
      </text>
    </g>
  )
}

/** The lines alone: they stay as they are while the crosshair moves. */
const Lines = memo(function Lines({
  series,
  x,
  y,
}: {
  readonly series: readonly Series[]
  readonly x: Scale
  readonly y: Scale
}) {
  return (
    <g fill="none" strokeLinejoin="round" strokeLinecap="round">
      {series.map(({ key, band, colour }) => {
        if (!band || band.length === 0) return null
        const [only] = band
        if (band.length === 1 && only) {
          const [low, high] = [y.at(only.low), y.at(only.high)]
          return (
            <path
              key={key}
              d={`M${x.at(only.x)} ${low}V${high}`}
              stroke={colour}
              strokeOpacity="0.4"
              strokeWidth="5"
            />
          )
        }
        const up = pathOf(
          band.map((one) => ({ x: one.x, y: one.high })),
          x,
          y,
        )
        const down = pathOf(
          [...band].reverse().map((one) => ({ x: one.x, y: one.low })),
          x,
          y,
        )
        return <path key={key} d={`${up}L${down.slice(1)}Z`} fill={colour} fillOpacity="0.13" stroke="none" />
      })}
      {series.map(
        ({ key, raw, colour }) =>
          raw && (
            <path
              key={key}
              d={pathOf(thinned(raw, MOST_DOTS), x, y)}
              stroke={colour}
              strokeOpacity="0.28"
              strokeWidth="1"
            />
          ),
      )}
      {series.map(({ key, dots, colour, dash, marks }) => (
        <g key={key} stroke={colour}>
          <path d={pathOf(thinned(dots, MOST_DOTS), x, y)} strokeWidth="2" strokeDasharray={dash} />
          {(marks === true || dots.length === 1) &&
            dots.length < 80 &&
            dots.map((dot) => (
              <circle
                key={dot.x}
                cx={x.at(dot.x)}
                cy={y.at(dot.y)}
                r="3"
                fill="var(--surface)"
                strokeWidth="2"
              />
            ))}
        </g>
      ))}
    </g>
  )
})

interface ReadingProps {
  readonly series: readonly Series[]
  readonly step: number
  readonly xLabel: string
  readonly format: (value: number) => string
  readonly left: number
  readonly flip: boolean
}

function Reading({ series, step, xLabel, format, left, flip }: ReadingProps) {
  const { i18n } = useTranslation()
  return (
    <div
      className="chart-reading"
      style={flip ? { right: `calc(100% - ${left - 10}px)` } : { left: left + 10 }}
      role="status"
    >
      <div className="small muted num">
        {xLabel} {integer(step, i18n.language)}
      </div>
      {series.map((each) => {
        const dot = each.dots[nearest(each.dots, step)]
        return (
          dot && (
            <div key={each.key} className="chart-reading-row">
              <i style={{ background: each.colour }} />
              <span className="truncate">{each.label}</span>
              <strong className="num">{format(dot.y)}</strong>
            </div>
          )
        )
      })}
    </div>
  )
}

/** The numbers of the lines, for those who do not see them and those who want to copy them. */
function ChartTable({ series, xLabel, format, label }: Omit<LineChartProps, 'height'>) {
  const { t, i18n } = useTranslation('models')
  const [open, setOpen] = useState(false)
  const longest = series.reduce<readonly Dot[]>(
    (most, each) => (each.dots.length > most.length ? each.dots : most),
    [],
  )
  const every = Math.max(1, Math.ceil(longest.length / MOST_ROWS))
  const rows = longest.filter((_, position) => position % every === 0 || position === longest.length - 1)
  return (
    <details className="chart-table" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="small">{t('chart.table')}</summary>
      {open && (
        <div className="chart-table-scroll" tabIndex={0} role="region" aria-label={label}>
          <table className="table">
            <caption className="visually-hidden">{label}</caption>
            <thead>
              <tr>
                <th scope="col">{xLabel}</th>
                {series.map((each) => (
                  <th key={each.key} scope="col" className="right">
                    {each.label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.x}>
                  <th scope="row" className="num">
                    {integer(row.x, i18n.language)}
                  </th>
                  {series.map((each) => {
                    const dot = each.dots[nearest(each.dots, row.x)]
                    return (
                      <td key={each.key} className="right num">
                        {dot ? format(dot.y) : ''}
                      </td>
                    )
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  )
}

/** The steps at which anything was measured, ordered. */
function stepsOf(series: readonly Series[]): readonly { readonly x: number }[] {
  const all = new Set(series.flatMap((each) => each.dots.map((dot) => dot.x)))
  return [...all].sort((one, other) => one - other).map((x) => ({ x }))
}

export const LineChart = memo(function LineChart(props: LineChartProps) {
  const { label, xLabel, series, format, height = 216, log = false, include, span, flag } = props
  const [box, width] = useWidth(560)
  const [cursor, setCursor] = useState<number | null>(null)
  const steps = useMemo(() => stepsOf(series), [series])
  const [x, y] = useMemo(() => {
    const [first, last] = extent([
      ...(steps.length > 0 ? steps.map((one) => one.x) : [0, 1]),
      ...(span ?? []),
    ])
    return [
      scaleOf([first, last], [LEFT, width - RIGHT]),
      scaleOf(yDomain(series, log, include ?? [], flag !== undefined), [height - BOTTOM, TOP], { log }),
    ]
  }, [series, steps, width, height, log, include, span, flag])
  const step = cursor === null ? undefined : steps[Math.min(cursor, steps.length - 1)]?.x
  const follow = (event: PointerEvent<HTMLDivElement>) => {
    const at = event.clientX - event.currentTarget.getBoundingClientRect().left
    const value = x.from + ((at - LEFT) / Math.max(1, width - LEFT - RIGHT)) * (x.to - x.from)
    const found = nearest(steps, value)
    setCursor(found < 0 ? null : found)
  }
  const press = (event: KeyboardEvent) => {
    const move = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 }[event.key]
    if (move === undefined) {
      if (event.key === 'Escape') setCursor(null)
      return
    }
    event.preventDefault()
    setCursor((before) => Math.min(steps.length - 1, Math.max(0, (before ?? steps.length - 1) + move)))
  }
  return (
    <div className="chart" ref={box}>
      <div
        className="chart-plot"
        role="group"
        aria-label={label}
        tabIndex={0}
        onPointerMove={follow}
        onPointerLeave={() => setCursor(null)}
        onBlur={() => setCursor(null)}
        onKeyDown={press}
      >
        <svg width={width} height={height} aria-hidden>
          <Axes x={x} y={y} width={width} height={height} format={format} xLabel={xLabel} />
          <Lines series={series} x={x} y={y} />
          {flag && (
            <g className="chart-flag" transform={`translate(${x.at(flag.x)} ${y.at(flag.y)})`}>
              <circle r="5" />
              <text
                y={y.at(flag.y) < TOP + 20 ? 20 : -11}
                textAnchor={x.at(flag.x) > width - 80 ? 'end' : x.at(flag.x) < LEFT + 60 ? 'start' : 'middle'}
              >
                {flag.label}
              </text>
            </g>
          )}
          {step !== undefined && (
            <line className="chart-cross" x1={x.at(step)} x2={x.at(step)} y1={TOP} y2={height - BOTTOM} />
          )}
        </svg>
        {step !== undefined && (
          <Reading
            series={series}
            step={step}
            xLabel={xLabel}
            format={format}
            left={x.at(step)}
            flip={x.at(step) > width * 0.6}
          />
        )}
      </div>
      {series.length > 1 && (
        <ul className="chart-legend small">
          {series.map((each) => (
            <li key={each.key}>
              <svg width="18" height="8" aria-hidden>
                <line
                  x2="18"
                  y1="4"
                  y2="4"
                  stroke={each.colour}
                  strokeWidth="2"
                  strokeDasharray={each.dash}
                />
              </svg>
              {each.label}
            </li>
          ))}
        </ul>
      )}
      <ChartTable series={series} xLabel={xLabel} format={format} label={label} />
    </div>
  )
})
