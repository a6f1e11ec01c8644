/** A confusion matrix as a heat map: rows are the truth, columns the prediction; shares of the truth or counts. */
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { Segmented } from '@/ui/kit/Field'
import { integer, percent } from '@/ui/kit/format'

const LEAST_WRITTEN = 0.0005 // what would read "0%" is left empty

export type Counting = 'share' | 'count'

/** Each row divided by its sum; a class that the truth does not hold has zeros. */
export function shares(matrix: readonly (readonly number[])[]): number[][] {
  return matrix.map((row) => {
    const sum = row.reduce((total, value) => total + value, 0)
    return row.map((value) => (sum === 0 ? 0 : value / sum))
  })
}

function short(value: number, language: string): string {
  return new Intl.NumberFormat(language, { notation: 'compact', maximumFractionDigits: 1 }).format(value)
}

interface ConfusionProps {
  readonly matrix: readonly (readonly number[])[]
  readonly labels: readonly string[]
}

export function Confusion({ matrix, labels }: ConfusionProps) {
  const { t, i18n } = useTranslation('models')
  const [counting, setCounting] = useState<Counting>('share')
  const [held, setHeld] = useState<readonly [number, number] | null>(null)
  const rows = shares(matrix)
  const written = matrix.length <= 14
  const cell = held && {
    share: rows[held[0]]?.[held[1]] ?? 0,
    count: matrix[held[0]]?.[held[1]] ?? 0,
    truth: labels[held[0]] ?? '',
    seen: labels[held[1]] ?? '',
  }
  return (
    <div className="confusion stack-2">
      <div className="spread confusion-head">
        <p className="small muted confusion-told" role="status">
          {cell
            ? t('confusion.cell', {
                truth: cell.truth,
                seen: cell.seen,
                share: percent(cell.share, i18n.language),
                count: integer(cell.count, i18n.language),
              })
            : t('confusion.hint')}
        </p>
        <Segmented<Counting>
          label={t('confusion.counting')}
          value={counting}
          choices={[
            { value: 'share', label: t('confusion.share') },
            { value: 'count', label: t('confusion.count') },
          ]}
          onValue={setCounting}
        />
      </div>
      <div className="confusion-scroll" tabIndex={0} role="region" aria-label={t('confusion')}>
        <table
          className="confusion-table"
          style={{ '--cells': matrix.length } as React.CSSProperties}
          onPointerLeave={() => setHeld(null)}
        >
          <caption className="visually-hidden">{t('confusion')}</caption>
          <thead>
            <tr>
              <th scope="col" className="confusion-corner">
                {t('confusion.corner')}
              </th>
              {labels.map((label) => (
                <th key={label} scope="col">
                  <span>{label}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {matrix.map((row, truth) => (
              <tr key={labels[truth] ?? truth}>
                <th scope="row" className="truncate">
                  {labels[truth]}
                </th>
                {row.map((count, seen) => {
                  const share = rows[truth]?.[seen] ?? 0
                  const text =
                    counting === 'share'
                      ? share < LEAST_WRITTEN
                        ? ''
                        : percent(share, i18n.language)
                      : short(count, i18n.language)
                  return (
                    <td
                      key={seen}
                      data-hit={truth === seen || undefined}
                      style={{ '--share': share.toFixed(3) } as React.CSSProperties}
                      onPointerEnter={() => setHeld([truth, seen])}
                    >
                      <span className={written ? 'num' : 'visually-hidden'}>{text}</span>
                    </td>
                  )
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  )
}
