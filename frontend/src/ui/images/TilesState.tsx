/** On the card of a large image that does not open yet: how far it is, or that it failed. */
import type { TFunction } from 'i18next'
import { CircleAlert, LoaderCircle } from 'lucide-react'

import type { ImageItem } from '@/sync/api'

export function TilesState({
  tiles,
  t,
}: {
  readonly tiles: NonNullable<ImageItem['tiles']>
  readonly t: TFunction
}) {
  const failed = tiles.state === 'failed'
  const percent = Math.round(tiles.progress * 100)
  return (
    <span className="image-tiles" data-state={tiles.state} title={tiles.error || undefined}>
      {failed ? (
        <CircleAlert size={20} aria-hidden />
      ) : (
        <LoaderCircle size={20} className="spin" aria-hidden />
      )}
      <span>{failed ? t('large:failed') : t('large:preparing')}</span>
      {!failed && <span className="num">{percent}%</span>}
    </span>
  )
}
