/** Opening what the address names, and what is on screen until that is done. Owns when a document is left and closed. */
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'

import type { ImageLoader } from '@/render/imageLoader'
import type { ImageItem, LabelClass, Project } from '@/sync/api'
import { withToolSettings } from '@/tools/editorState'
import { preference } from '@/ui/app/usePreference'

import { type Opened, openEditor } from './open'
import type { OpenDocument } from './together/useOpenDocument'
import { pictureOf } from './usePrefetch'
import { imageKey } from './workflow'

interface Address {
  readonly image: ImageItem
  readonly project: Project
  readonly user: { readonly id: string }
  readonly loader: ImageLoader
  readonly target: OpenDocument
}

/** An open document with what it was opened for. */
interface Held {
  readonly opened: Opened
  readonly image: ImageItem
  readonly target: OpenDocument
  readonly user: string
}

interface Opening {
  /** The document that is open, or the last one while the next is being opened. */
  readonly held: Held | null
  /** `held` is what the address names. */
  readonly live: boolean
  readonly error: unknown
}

/**
 * Opens what the address names. The document before it stays on screen, frozen, until that is done, so that nothing has
 * to be built anew; it is closed in the same turn in which the next one is shown.
 */
export function useOpened({ image, project, user, loader, target }: Address): Opening {
  const client = useQueryClient()
  const [held, setHeld] = useState<Held | null>(null)
  const [error, setError] = useState<unknown>(null)
  const plan = { image, target, project }
  const newest = useRef(plan)
  useEffect(() => {
    newest.current = plan
  })
  useEffect(() => {
    let gone = false
    const now = newest.current
    const opening = openEditor({
      classes: editorClasses(now.project.classes),
      readOnly: now.target.readOnly ?? true,
      exclusive: now.project.exclusive,
      user: user.id,
      image: image.id,
      document: target.id,
      view: preference('editor.view'),
      tools: withToolSettings(preference('editor.tools')),
    })
    opening.then(
      (opened) => {
        if (gone) void opened.close()
        else setHeld({ opened, image: now.image, target: now.target, user: user.id })
      },
      (reason: unknown) => {
        if (gone) return
        setError(reason)
        setHeld(null)
      },
    )
    return () => {
      gone = true
      void opening.then((opened) => opened.leave()).catch(() => undefined)
      setError(null)
    }
  }, [image.id, target.id, user.id])
  useEffect(() => () => void held?.opened.close(), [held])
  const live =
    held !== null && held.image.id === image.id && held.target.id === target.id && held.user === user.id
  const opened = live ? held.opened : null
  useEffect(() => {
    if (!opened) return
    loader.open(pictureOf(image)).then(
      (levels) => {
        if (levels.tiles)
          levels.tiles.onGone = () => void client.invalidateQueries({ queryKey: imageKey(image.id) })
        opened.session.setImage(levels)
      },
      () => opened.session.view.set({ imageFailed: true }),
    )
  }, [opened, loader, image, client])
  const readOnly = target.readOnly ?? true
  useEffect(() => opened?.session.state.set({ readOnly }), [opened, readOnly])
  useEffect(() => opened?.session.setExclusive(project.exclusive), [opened, project.exclusive])
  useEffect(() => opened?.session.setClasses(editorClasses(project.classes)), [opened, project.classes])
  return { held, live, error }
}

/** How long the image before stays on screen while the next is being opened; then it is said that it takes time. */
const PATIENCE_MS = 400

export function useLate(waiting: boolean): boolean {
  const [late, setLate] = useState(false)
  useEffect(() => {
    if (!waiting) return undefined
    const timer = setTimeout(() => setLate(true), PATIENCE_MS)
    return () => {
      clearTimeout(timer)
      setLate(false)
    }
  }, [waiting])
  return waiting && late
}

function editorClasses(classes: readonly LabelClass[]) {
  const ordered = [...classes].sort((a, b) => a.order - b.order)
  return ordered.map(({ index, name, colour, hotkey, attributes }) => ({
    index,
    name,
    colour,
    hotkey,
    attributes,
  }))
}
