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
import { useToast } from '@/ui/kit/Toast'

import { usePart } from '../use'
import type { Together } from './state'

export const commentsKey = (image: string) => ['comments', image] as const
const NONE: readonly CommentThread[] = []

export function useThreads(image: string, together: Together): readonly CommentThread[] {
  const client = useQueryClient()
  const mark = usePart(together, (state) => state.mark)
  const seen = useRef('')
  const { data } = useQuery({
    queryKey: commentsKey(image),
    queryFn: () => listComments(image),
    staleTime: 60_000,
  })
  useEffect(() => {
    if (seen.current !== '' && mark !== seen.current)
      void client.invalidateQueries({ queryKey: commentsKey(image) })
    seen.current = mark
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
