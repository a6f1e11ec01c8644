/** What the outlines mean: sign, line, colour and how many. */
import { useTranslation } from 'react-i18next'

interface LegendProps {
  readonly title: string
  readonly counts: { readonly added: number; readonly removed: number; readonly changed: number }
  /** What the three mean here; what became of objects since, when left out. */
  readonly words?: { readonly added: string; readonly removed: string; readonly changed: string }
}

const ROWS = [
  ['added', '+'],
  ['removed', '−'],
  ['changed', '≠'],
] as const

export function Legend({ title, counts, words }: LegendProps) {
  const { t } = useTranslation('together')
  return (
    <dl className="legend" data-testid="legend" aria-label={title}>
      {ROWS.map(([tone, sign]) => (
        <div key={tone} data-tone={tone} data-count={counts[tone]}>
          <dt>
            <span className="sign" aria-hidden>
              {sign}
            </span>
            <span className="legend-line" aria-hidden />
            {words?.[tone] ?? t(`legend.${tone}`)}
          </dt>
          <dd className="num">{counts[tone]}</dd>
        </div>
      ))}
    </dl>
  )
}
