/** What each class scores, as bars. */
import { useTranslation } from 'react-i18next'

import { Swatch } from '@/ui/kit/Bits'

import { score } from '../format'
import type { ClassBar } from './curves'

export function ClassBars({ bars }: { readonly bars: readonly ClassBar[] }) {
  const { i18n } = useTranslation()
  return (
    <ul className="class-bars">
      {bars.map((bar) => (
        <li key={bar.index}>
          <span className="row truncate">
            <Swatch colour={bar.colour} size={12} />
            <span className="truncate">{bar.name}</span>
          </span>
          <span className="class-track" aria-hidden>
            <span style={{ width: `${(bar.value ?? 0) * 100}%`, background: bar.colour }} />
          </span>
          <span className="num right">{score(bar.value, i18n.language)}</span>
        </li>
      ))}
    </ul>
  )
}
