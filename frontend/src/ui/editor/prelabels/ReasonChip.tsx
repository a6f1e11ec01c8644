/** Why the open image stands in the ranked queue, in a word, and the minutes that it should take. */
import { Compass, Dices, Waves } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import type { ImageItem } from '@/sync/api'
import type { QueueReason } from '@/sync/predictions'

import type { EditorSession } from '../session'
import { useClassName } from './PrelabelList'

const ICONS: Readonly<Record<QueueReason['reason'], ReactNode>> = {
  uncertain: <Waves size={13} aria-hidden />,
  diverse: <Compass size={13} aria-hidden />,
  random: <Dices size={13} aria-hidden />,
}

interface ChipProps {
  readonly session: EditorSession
  readonly image: ImageItem
}

export function ReasonChip({ session, image }: ChipProps) {
  const { t } = useTranslation('prelabels')
  const nameOf = useClassName(session)
  const why = image.queue
  if (!why) return null
  const text =
    why.reason === 'uncertain' && why.class !== null
      ? t('reason.uncertainClass', { name: nameOf(why.class) })
      : t(`reason.${why.reason}`)
  const time = why.minutes === null ? '' : t('reasonMinutes', { count: Math.max(1, Math.round(why.minutes)) })
  const title = `${t('reasonTitle')}: ${text}${time === '' ? '' : `, ${time}`}`
  return (
    <span className="badge reason-chip" title={title} data-testid="reason" data-reason={why.reason}>
      {ICONS[why.reason]}
      <span className="truncate">{text}</span>
      {time !== '' && <span className="reason-time num">{time}</span>}
    </span>
  )
}
