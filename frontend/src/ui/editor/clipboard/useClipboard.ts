/** Ctrl+C, Ctrl+X and Ctrl+V by the browser's own clipboard events, which need no permission and reach other tabs. */
import { useEffect, useMemo, useRef } from 'react'
import { useTranslation } from 'react-i18next'

import { readClipping, writeClipping } from '@/core/clipboard'
import { InvalidInput } from '@/core/errors'
import { useToast } from '@/ui/kit/Toast'

import { deleteObjects } from '../actions'
import type { CommandContext } from '../commands/command'
import { keepCopy, keepLastImage, keptCopy, lastImage } from './kept'
import { pasteObjects, type Pasted, type Where } from './paste'

/** What commands do with the clipboard. */
export interface ClipboardActions {
  readonly copy: () => void
  readonly cut: () => void
  readonly paste: (where: 'pointer' | 'in-place') => void
  readonly duplicate: () => void
  readonly repeatLast: (which: 'all' | 'selected') => void
}

type Editor = Pick<CommandContext, 'session' | 'project' | 'image'>

export function useClipboard(editor: Editor): ClipboardActions {
  const tell = useTelling()
  const latest = useRef<ClipboardActions | null>(null)
  const actions: ClipboardActions = {
    copy: () => copyText(editor, (text) => void writeSystem(text)),
    cut: () => copyText(editor, (text) => void writeSystem(text)) && removeSelected(editor),
    paste: (where) => {
      const text = keptCopy()
      if (text !== null) tell(pasteText(editor, text, where))
    },
    duplicate: () => {
      const clipping = clippingOf(editor, selectedIds(editor))
      if (clipping.records.length > 0)
        tell(pasteObjects(editor, clipping, { where: { kind: 'beside' }, label: 'duplicate' }))
    },
    repeatLast: (which) => {
      const last = lastImage(editor.image.id)
      if (!last) return
      const records = last.clipping.records.filter((one) => which === 'all' || last.selected.has(one.id))
      const clipping = { ...last.clipping, records }
      tell(pasteObjects(editor, clipping, { where: { kind: 'in-place' }, label: 'repeat' }))
    },
  }
  useEffect(() => {
    latest.current = actions
  })
  useEvents(editor, tell)
  useLastImage(editor)
  // The commands' context keeps this object: what it does is always the newest.
  return useMemo<ClipboardActions>(
    () => ({
      copy: () => latest.current?.copy(),
      cut: () => latest.current?.cut(),
      paste: (where) => latest.current?.paste(where),
      duplicate: () => latest.current?.duplicate(),
      repeatLast: (which) => latest.current?.repeatLast(which),
    }),
    [],
  )
}

function useEvents(editor: Editor, tell: (outcome: Outcome) => void): void {
  const newest = useRef({ editor, tell })
  useEffect(() => {
    newest.current = { editor, tell }
  })
  useEffect(() => {
    const ended = new AbortController()
    const listen = { signal: ended.signal }
    let inPlace = false
    window.addEventListener('keydown', (event) => (inPlace = event.shiftKey), { ...listen, capture: true })
    const copying = (event: ClipboardEvent, cut: boolean) => {
      if (isText(event)) return
      const done = copyText(newest.current.editor, (text) => event.clipboardData?.setData('text/plain', text))
      if (!done) return
      event.preventDefault()
      if (cut) removeSelected(newest.current.editor)
    }
    window.addEventListener('copy', (event) => copying(event, false), listen)
    window.addEventListener('cut', (event) => copying(event, true), listen)
    window.addEventListener(
      'paste',
      (event) => {
        if (isText(event)) return
        event.preventDefault()
        const text = event.clipboardData?.getData('text/plain') ?? ''
        newest.current.tell(pasteText(newest.current.editor, text, inPlace ? 'in-place' : 'pointer'))
      },
      listen,
    )
    return () => ended.abort()
  }, [])
}

/** A field or a dialog has the clipboard, or the person has marked text. */
function isText(event: ClipboardEvent): boolean {
  const inField =
    event.target instanceof HTMLElement &&
    event.target.closest('input, textarea, [contenteditable], [role="dialog"], [role="alertdialog"]') !== null
  return inField || (event.type !== 'paste' && (window.getSelection()?.toString() ?? '') !== '')
}

/** When the editor leaves an image, its objects stay at hand for the next one. */
function useLastImage(editor: Editor): void {
  useEffect(() => {
    const { session } = editor
    return () => {
      const all = session.store.ordered().map((record) => record.id)
      keepLastImage({ clipping: clippingOf(editor, all), selected: session.state.get().selection })
    }
    // eslint-disable-next-line react-hooks/exhaustive-deps -- one image for the life of the page
  }, [editor.session])
}

function clippingOf({ session, project, image }: Editor, ids: readonly string[]) {
  const chosen = new Set(ids)
  const { width, height } = session.given.document
  const records = session.store.ordered().filter((record) => chosen.has(record.id))
  return { project: project.id, image: image.id, width, height, classes: project.classes, records }
}

function selectedIds({ session }: Editor): readonly string[] {
  return [...session.state.get().selection]
}

function copyText(editor: Editor, write: (text: string) => void): boolean {
  const clipping = clippingOf(editor, selectedIds(editor))
  if (clipping.records.length === 0) return false
  const text = writeClipping(clipping)
  keepCopy(text)
  write(text)
  return true
}

/** Browsers give `navigator.clipboard` to secure pages only; the own copy does without. */
async function writeSystem(text: string): Promise<void> {
  const { clipboard } = navigator as { clipboard?: Clipboard }
  try {
    await clipboard?.writeText(text)
  } catch (error) {
    if (!(error instanceof DOMException)) throw error
  }
}

function removeSelected(editor: Editor): boolean {
  deleteObjects(editor.session, selectedIds(editor))
  return true
}

type Outcome =
  Pasted | { readonly kind: 'foreign' | 'read-only' } | { readonly kind: 'broken'; readonly why: string }

function pasteText(editor: Editor, text: string, at: 'pointer' | 'in-place'): Outcome {
  if (editor.session.state.get().readOnly) return { kind: 'read-only' }
  try {
    const clipping = readClipping(text)
    if (!clipping || clipping.records.length === 0) return { kind: 'foreign' }
    return pasteObjects(editor, clipping, { where: place(editor, clipping.image, at), label: 'paste' })
  } catch (error) {
    if (error instanceof InvalidInput) return { kind: 'broken', why: error.message }
    throw error
  }
}

/** At the pointer where it is over the image; else beside the originals, in another image where they were. */
function place({ session, image }: Editor, from: string, at: 'pointer' | 'in-place'): Where {
  const { pointer, viewport } = session.view.get()
  if (at === 'in-place') return { kind: 'in-place' }
  const over = pointer && pointer.x >= 0 && pointer.y >= 0
  if (over && pointer.x <= viewport.imageWidth && pointer.y <= viewport.imageHeight)
    return { kind: 'at', x: pointer.x, y: pointer.y }
  return { kind: from === image.id ? 'beside' : 'in-place' }
}

function useTelling(): (outcome: Outcome) => void {
  const { t } = useTranslation('clipboard')
  const toast = useToast()
  return (outcome) => {
    switch (outcome.kind) {
      case 'done':
        return toast.done(t('done', { count: outcome.count }))
      case 'missing':
        return toast.refused(t('missing'), outcome.names.join(', '))
      case 'broken':
        return toast.refused(t('broken'), outcome.why)
      case 'foreign':
        return toast.refused(t('foreign'))
      case 'read-only':
        return toast.refused(t('readOnly'))
      case 'nothing':
        return toast.refused(t('nothing'))
    }
  }
}
