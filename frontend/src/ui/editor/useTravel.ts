/** Going on to another image: the next in the list, the next of a queue, or any. */
import { useCallback, useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation, useNavigate } from 'react-router'

import { claimNext, type ImageItem, type Project } from '@/sync/api'
import type { Neighbours } from '@/sync/documentApi'
import { useToast } from '@/ui/kit/Toast'

import type { Opened } from './open'
import { withoutDocument } from './together/useOpenDocument'

interface Journey {
  readonly image: ImageItem
  readonly project: Project
  readonly neighbours: Neighbours | undefined
  readonly queue: string | null
  /** Null while the image is being opened: the keys lead on from it all the same. */
  readonly opened: Opened | null
}

export interface Travel {
  readonly onNext: () => void
  readonly onPrevious: () => void
  readonly onClaim: () => void
  readonly onImage: (id: string) => void
}

export function useTravel({ image, project, neighbours, queue, opened }: Journey): Travel {
  const navigate = useNavigate()
  const { search } = useLocation()
  const { t } = useTranslation('editor')
  const toast = useToast()
  const go = useCallback(
    (id: string | null | undefined) => {
      if (id && id !== image.id) void navigate(`/images/${id}${withoutDocument(search)}`)
    },
    [navigate, search, image.id],
  )
  const reviewing = queue === 'review'
  const onClaim = useCallback(() => {
    const claim = async () => {
      if (!opened) return
      await opened.queue.flush()
      const next = await claimNext(project.id, reviewing ? 'review' : 'annotate')
      if (next && next.id !== image.id) go(next.id)
      else toast.done(t('queueEmpty'))
    }
    claim().catch((error: unknown) => toast.failed(error))
  }, [reviewing, go, opened, project.id, image.id, toast, t])
  const onNext = useCallback(() => {
    if (queue === 'annotate' || queue === 'review') onClaim()
    else go(neighbours?.next)
  }, [queue, onClaim, go, neighbours])
  const onPrevious = useCallback(() => go(neighbours?.previous), [go, neighbours])
  return useMemo(() => ({ onNext, onPrevious, onClaim, onImage: go }), [onNext, onPrevious, onClaim, go])
}
