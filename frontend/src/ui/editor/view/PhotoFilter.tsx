/**
 * The look of the photograph: told to the session, which draws it into bitmaps, and as a filter for the moments until
 * they are made (render/look.ts). Objects keep their colours. Without an adjustment there is no filter.
 */
import { useEffect, useMemo } from 'react'

import { channelMatrix, levelTable, lookOf } from '@/core/adjust'

import type { EditorSession } from '../session'
import { useAdjustment } from './adjustment'

interface PhotoFilterProps {
  readonly session: EditorSession
  readonly project: string
}

/** Named in render/look.ts. */
const ID = 'photo-filter'

export function PhotoFilter({ session, project }: PhotoFilterProps) {
  const adjustment = useAdjustment(project)
  const name = JSON.stringify(adjustment)
  // eslint-disable-next-line react-hooks/exhaustive-deps -- the same values are a new object after each change elsewhere
  const look = useMemo(() => lookOf(adjustment), [name])
  useEffect(() => session.setLook(look), [session, look])
  if (!look) return null
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
