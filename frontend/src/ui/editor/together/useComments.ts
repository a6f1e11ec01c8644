/** The image's comments: read once, again when the heartbeat says that they changed, and changed from here. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'

import {
  type CommentThread,
  createComment,
  deleteComment,
  listComments,
  type NewComment,
  patchComment,
  replyToComment,
} from '@/sync/togetherApi'
import { usePreference } from '@/ui/app/usePreference'
import { useToast } from '@/ui/kit/Toast'

import { usePart } from '../use'
import type { Together } from './state'

export const commentsKey = (image: string) => ['comments', image] as const
const NONE: readonly CommentThread[] = []

export function useThreads(image: string, together: Together): readonly CommentThread[] {
  const client = useQueryClient()
  const mark = usePart(together, (state) => state.mark)
  const seen = useRef({ image, mark: '' })
  const count = usePart(together, (state) => state.openComments)
  const [{ tab }] = usePreference('editor.side')
  // Most images have none: the heartbeat says so. Once they were read they are kept up to date.
  const read = client.getQueryData(commentsKey(image)) !== undefined
  const { data } = useQuery({
    enabled: read || tab === 'comments' || (count ?? 0) > 0,
    queryKey: commentsKey(image),
    queryFn: () => listComments(image),
    staleTime: 60_000,
  })
  useEffect(() => {
    const last = seen.current.image === image ? seen.current.mark : ''
    if (last !== '' && mark !== last) void client.invalidateQueries({ queryKey: commentsKey(image) })
    seen.current = { image, mark }
  }, [mark, client, image])
  return data ?? NONE
}

export type CommentChange =
  | { readonly kind: 'new'; readonly comment: NewComment }
  | { readonly kind: 'reply'; readonly thread: string; readonly text: string }
  | { readonly kind: 'edit'; readonly id: string; readonly text: string }
  | { readonly kind: 'resolve'; readonly thread: string; readonly resolved: boolean }
  | { readonly kind: 'delete'; readonly id: string }

function send(image: string, change: CommentChange): Promise<unknown> {
  switch (change.kind) {
    case 'new':
      return createComment(image, change.comment)
    case 'reply':
      return replyToComment(change.thread, change.text)
    case 'edit':
      return patchComment(change.id, { text: change.text })
    case 'resolve':
      return patchComment(change.thread, { resolved: change.resolved })
    case 'delete':
      return deleteComment(change.id)
  }
}

/** `mutateAsync` rejects when the server refused, after it was told: a written text is kept by its field. */
export function useChangeComments(image: string) {
  const client = useQueryClient()
  const toast = useToast()
  return useMutation({
    mutationFn: (change: CommentChange) => send(image, change),
    onSuccess: () => client.invalidateQueries({ queryKey: commentsKey(image) }),
    onError: (error) => toast.failed(error),
  })
}
