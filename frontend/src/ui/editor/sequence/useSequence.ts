/**
 * The sequence of the open image: its frames and tracks, going to another frame, and having the next ones ready.
 * Owns these reads; what is filled is in useFilling.ts.
 */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useRef } from 'react'

import type { ImageLoader } from '@/render/imageLoader'
import type { ImageItem } from '@/sync/api'
import { getImage, imageFileUrl, prefetchDocument } from '@/sync/documentApi'
import { getSequence, getTracks, type SequenceFrame, type Track } from '@/sync/sequenceApi'

import type { EditorSession } from '../session'
import { imageKey } from '../workflow'
import { remember } from './moments'

export const sequenceKey = (project: string, group: string) => ['sequence', project, group] as const
export const tracksKey = (project: string, group: string) => ['tracks', project, group] as const

const NO_FRAMES: readonly SequenceFrame[] = []
const NO_TRACKS: readonly Track[] = []

export interface SequenceView {
  readonly frames: readonly SequenceFrame[]
  readonly tracks: readonly Track[]
  /** Of the open image, from 0; -1 before the frames are known. */
  readonly position: number
  /** There is a group, whose frames are not known yet. */
  readonly isPending: boolean
  readonly goTo: (position: number) => void
}

interface SequenceOptions {
  readonly image: ImageItem
  readonly session: EditorSession
  readonly loader: ImageLoader
  readonly onImage: (id: string) => void
}

export function useSequence({ image, session, loader, onImage }: SequenceOptions): SequenceView {
  const { project, group } = image
  const sequence = useQuery({
    queryKey: sequenceKey(project, group),
    queryFn: () => getSequence(image.id),
    enabled: group !== '',
    staleTime: 5_000,
  })
  const frames = sequence.data?.frames ?? NO_FRAMES
  const tracks = useQuery({
    queryKey: tracksKey(project, group),
    queryFn: () => getTracks(image.id),
    enabled: frames.length > 1,
    staleTime: 5_000,
  })
  const position = useMemo(() => frames.findIndex((frame) => frame.id === image.id), [frames, image.id])
  const goTo = useCallback(
    (wanted: number) => {
      const frame = frames[Math.min(frames.length - 1, Math.max(0, wanted))]
      if (!frame || frame.id === image.id) return
      remember(group, session)
      onImage(frame.id)
    },
    [frames, image.id, group, session, onImage],
  )
  useReady(frames, position, loader, session)
  const isPending = group !== '' && sequence.isPending
  return { frames, tracks: tracks.data ?? NO_TRACKS, position, isPending, goTo }
}

/** Once this frame is on screen, has those beside it ready: what is known of the image, its objects, its picture. */
function useReady(
  frames: readonly SequenceFrame[],
  position: number,
  loader: ImageLoader,
  session: EditorSession,
): void {
  const client = useQueryClient()
  useEffect(() => {
    if (position < 0) return undefined
    let gone = false
    const near = [frames[position + 1], frames[position - 1], frames[position + 2]]
    const fetchAhead = async (frame: SequenceFrame) => {
      const image = await client.query({ queryKey: imageKey(frame.id), queryFn: () => getImage(frame.id) })
      void loader.load(imageFileUrl(image)).catch(() => undefined)
      prefetchDocument(image.document)
    }
    void session.whenImage().then(() => {
      if (gone) return
      for (const frame of near) if (frame) fetchAhead(frame).catch(() => undefined)
    })
    return () => {
      gone = true
    }
  }, [frames, position, loader, client, session])
}

/** After something was saved, marks and counts are read anew. */
export function useRefresh(image: ImageItem, saving: string): void {
  const client = useQueryClient()
  const wasSaving = useRef(false)
  const { project, group } = image
  useEffect(() => {
    if (saving === 'saving') wasSaving.current = true
    else if (saving === 'saved' && wasSaving.current) {
      wasSaving.current = false
      void client.invalidateQueries({ queryKey: sequenceKey(project, group) })
      void client.invalidateQueries({ queryKey: tracksKey(project, group) })
    }
  }, [saving, client, project, group])
}
