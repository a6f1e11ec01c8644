/**
 * One key for an image: everything above the threshold goes into the document, the image is handed in, and the next one
 * comes. What was done can be taken back from the message, also when the image is no longer open.
 */
import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'

import type { ImageItem } from '@/sync/api'
import { forgetPrefetched, openDocument, reopenImage } from '@/sync/documentApi'
import { restoreDocument } from '@/sync/togetherApi'
import { useToast } from '@/ui/kit/Toast'

import type { Opened } from '../open'
import { newId } from '../session'
import type { Travel } from '../useTravel'
import { imageKey, type Workflow } from '../workflow'

interface Place {
  readonly opened: Opened
  readonly image: ImageItem
  readonly workflow: Workflow
  readonly travel: Travel
}

/** What has to be known to take it back. */
interface Done {
  readonly image: ImageItem
  readonly objects: readonly string[]
  /** The document's revision before the objects went in. */
  readonly before: number
  readonly submitted: boolean
}

export function useAcceptNext(place: Place): () => void {
  const { t } = useTranslation('prelabels')
  const client = useQueryClient()
  const toast = useToast()
  const now = useRef(place)
  useEffect(() => {
    now.current = place
  })
  const takeBack = useCallback(
    async ({ image, objects, before, submitted }: Done) => {
      if (submitted) client.setQueryData(imageKey(image.id), await reopenImage(image.id))
      if (objects.length > 0) {
        const { server } = await openDocument(image.document)
        const json = { revision: before, base_revision: server.revision, key: newId(), objects }
        await restoreDocument(image.document, json)
      }
      forgetPrefetched()
      await client.invalidateQueries({ queryKey: imageKey(image.id) })
      const { opened, travel } = now.current
      if (opened.session.given.document.id === image.document) await opened.queue.poll()
      else travel.onImage(image.id)
    },
    [client],
  )
  return useCallback(() => {
    const { opened, image, workflow, travel } = now.current
    const { session, queue } = opened
    const run = async () => {
      await queue.flush() // the revision before is one of its own
      const before = queue.currentRevision
      const objects = session.review.acceptAbove()
      const goOn = (submitted: boolean) => {
        const done: Done = { image, objects, before, submitted }
        const undo = () => void takeBack(done).catch((error: unknown) => toast.failed(error))
        const text = submitted ? t('next.submitted', { name: image.name }) : ''
        toast.done(t('next.done', { count: objects.length }), text, { label: t('next.undo'), run: undo })
        travel.onNext()
      }
      if (workflow.canSubmit) return workflow.submit(() => goOn(true))
      await queue.flush()
      goOn(false)
    }
    run().catch((error: unknown) => toast.failed(error))
  }, [takeBack, toast, t])
}
