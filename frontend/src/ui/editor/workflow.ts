/** What a person may do with the image as a whole, and doing it: submit, accept, return, reopen. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'

import { atLeast, type ImageItem, type Role } from '@/sync/api'
import { reopenImage, reviewImage, submitImage } from '@/sync/documentApi'
import { keys } from '@/ui/app/queries'
import { useToast } from '@/ui/kit/Toast'

import { type Missing, missingIn } from './MissingDialog'
import type { Opened } from './open'

export const imageKey = (id: string) => ['editor-image', id] as const

const NOTHING: readonly Missing[] = []

const CLOSED = ['submitted', 'accepted'] as const

/** Closed images can be changed by reviewers only; viewers change nothing. */
export function isReadOnly(image: ImageItem, role: Role): boolean {
  if (!atLeast(role, 'annotator')) return true
  return (CLOSED as readonly string[]).includes(image.status) && !atLeast(role, 'reviewer')
}

export interface Workflow {
  readonly busy: boolean
  readonly canSubmit: boolean
  readonly canReview: boolean
  readonly canReopen: boolean
  /** True while images come from a queue and not from a list. */
  readonly queue: boolean
  readonly returning: boolean
  /** What kept the image from being submitted just now. */
  readonly missing: readonly Missing[]
  readonly forgetMissing: () => void
  /** `then`: what follows when it was handed in. */
  readonly submit: (then?: () => void) => void
  readonly accept: () => void
  readonly startReturn: () => void
  readonly cancelReturn: () => void
  readonly giveBack: (comment: string) => void
  readonly reopen: () => void
}

interface WorkflowOptions {
  readonly image: ImageItem
  readonly role: Role
  readonly queue: boolean
  /** The image's own document is open: what is handed in and judged is that one. */
  readonly primary: boolean
  readonly opened: Opened | null
  readonly onUnsaved: () => void
}

export function useWorkflow({ image, role, queue, primary, opened, onUnsaved }: WorkflowOptions): Workflow {
  const client = useQueryClient()
  const toast = useToast()
  const [returning, setReturning] = useState(false)
  const [missing, setMissing] = useState<readonly Missing[]>(NOTHING)
  const [about, setAbout] = useState(image.id)
  if (about !== image.id) {
    setAbout(image.id)
    setReturning(false)
    setMissing(NOTHING)
  }
  const submit = (then?: () => void) => {
    const found = opened ? missingIn(opened.session) : NOTHING
    setMissing(found)
    if (found.length > 0) return
    run.mutate(() => submitImage(id), { onSuccess: (next) => next && then?.() })
  }
  const run = useMutation({
    mutationFn: async (ask: () => Promise<ImageItem>) => {
      if (!opened) return null // nothing is handed in or judged before it was seen
      await opened.queue.flush()
      const { state } = opened.queue
      if (state.pending > 0 || state.problems.size > 0) {
        onUnsaved()
        return null
      }
      return ask()
    },
    onSuccess: (next) => {
      if (!next) return
      setReturning(false)
      client.setQueryData(imageKey(next.id), next)
      void client.invalidateQueries({ queryKey: keys.images(next.project) })
      void client.invalidateQueries({ queryKey: keys.project(next.project) })
    },
    onError: (error) => toast.failed(error),
  })
  const { status, id } = image
  const { reset } = run
  useEffect(() => reset, [id, reset])
  const submitted = status === 'submitted'
  return {
    busy: run.isPending,
    canSubmit: primary && atLeast(role, 'annotator') && !submitted && status !== 'accepted',
    canReview: primary && atLeast(role, 'reviewer') && submitted,
    canReopen:
      (submitted && atLeast(role, 'annotator')) || (status === 'accepted' && atLeast(role, 'reviewer')),
    queue,
    returning,
    missing,
    forgetMissing: () => setMissing(NOTHING),
    submit,
    accept: () => run.mutate(() => reviewImage(id, { decision: 'accept', comment: '' })),
    startReturn: () => setReturning(true),
    cancelReturn: () => setReturning(false),
    giveBack: (comment) => run.mutate(() => reviewImage(id, { decision: 'return', comment })),
    reopen: () => run.mutate(() => reopenImage(id)),
  }
}
