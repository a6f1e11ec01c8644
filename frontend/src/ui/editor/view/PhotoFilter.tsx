/**
 * The filter over the photograph's layer, and nothing else: objects keep their colours, and whatever paints the layer
 * needs to know nothing of it. Without an adjustment there is no filter.
 */
import { channelMatrix, isAsItIs, levelTable } from '@/core/adjust'

import { useAdjustment } from './adjustment'

/** Named in view.css. */
const ID = 'photo-filter'

export function PhotoFilter({ project }: { readonly project: string }) {
  const adjustment = useAdjustment(project)
  if (isAsItIs(adjustment)) return null
  const table = levelTable(adjustment)
    .map((value) => value.toFixed(4))
    .join(' ')
  return (
    <svg className="photo-filter" width="0" height="0" aria-hidden data-testid="photo-filter">
      <filter id={ID} x="0" y="0" width="100%" height="100%" colorInterpolationFilters="sRGB">
        {adjustment.channel !== 'colour' && (
          <feColorMatrix type="matrix" values={channelMatrix(adjustment.channel).join(' ')} />
        )}
        <feComponentTransfer>
          <feFuncR type="table" tableValues={table} />
          <feFuncG type="table" tableValues={table} />
          <feFuncB type="table" tableValues={table} />
        </feComponentTransfer>
      </filter>
    </svg>
  )
}
