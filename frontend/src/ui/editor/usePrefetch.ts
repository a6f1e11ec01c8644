/** Having the next image ready before it is asked for. Owns what is fetched and when; the caches are others'. */
import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'

import type { ImageLoader } from '@/render/imageLoader'
import type { ImageItem } from '@/sync/api'
import { getImage, getNeighbours, imageFileUrl, prefetchDocument } from '@/sync/documentApi'
import type { Prelabellers } from '@/sync/predictions'

import type { Opened } from './open'
import { mayBePrelabelled, modelsKey, predictionOf } from './prelabels/usePrelabels'
import { imageKey } from './workflow'

export const pictureOf = (image: ImageItem) => ({ ...image, file: imageFileUrl(image) })

export const neighboursOf = (image: string, filters: string) => ({
  queryKey: ['neighbours', image, filters],
  queryFn: () => getNeighbours(image, filters),
})

interface Ahead {
  readonly next: string | null | undefined
  readonly filters: string
  readonly opened: Opened | null
  readonly loader: ImageLoader
}

/** Once this image is on screen, all that the next one needs: its picture, its objects, and what comes after it. */
export function usePrefetch({ next, filters, opened, loader }: Ahead): void {
  const client = useQueryClient()
  useEffect(() => {
    if (!next || !opened) return undefined
    let gone = false
    const fetchAhead = async () => {
      await opened.session.whenImage()
      if (gone) return
      void client.query(neighboursOf(next, filters)).catch(() => undefined)
      const image = await client.query({ queryKey: imageKey(next), queryFn: () => getImage(next) })
      if (image.tiles && image.tiles.state !== 'ready') return
      prefetchDocument(image.document)
      const models = client.getQueryData<Prelabellers>(modelsKey(image.project))
      if (models?.champion && mayBePrelabelled(image))
        void client.query(predictionOf(next, models)).catch(() => undefined)
      await loader.open(pictureOf(image))
    }
    void fetchAhead().catch(() => undefined)
    return () => {
      gone = true
    }
  }, [next, filters, opened, client, loader])
}
