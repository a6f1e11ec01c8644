/** The uploads under way, one a project. They live outside of the pages, so that going elsewhere does not stop them. */
import { useSyncExternalStore } from 'react'

import { Upload, type PickedFile, type UploadSnapshot } from '@/sync/upload'
import { sendImages } from '@/sync/upload_transport'
import { keys, queryClient } from '@/ui/app/queries'

export interface UploadEntry {
  readonly project: string
  readonly projectName: string
  readonly upload: Upload
  readonly snapshot: UploadSnapshot
}

const REFRESH_EVERY = 1500 // ms between list refreshes while results come in

let entries: readonly UploadEntry[] = []
const listeners = new Set<() => void>()
const refreshing = new Map<string, ReturnType<typeof setTimeout>>()

function set(next: readonly UploadEntry[]): void {
  entries = next
  listeners.forEach((listener) => listener())
}

function refreshLists(project: string): void {
  void queryClient.invalidateQueries({ queryKey: keys.images(project) })
  void queryClient.invalidateQueries({ queryKey: keys.project(project) })
  void queryClient.invalidateQueries({ queryKey: keys.projects })
}

function refreshSoon(project: string): void {
  if (refreshing.has(project)) return
  const timer = setTimeout(() => {
    refreshing.delete(project)
    refreshLists(project)
  }, REFRESH_EVERY)
  refreshing.set(project, timer)
}

function warnBeforeLeaving(event: BeforeUnloadEvent): void {
  if (entries.some((entry) => entry.snapshot.active)) event.preventDefault()
}
window.addEventListener('beforeunload', warnBeforeLeaving)

function start(project: string, projectName: string): UploadEntry {
  const upload: Upload = new Upload({
    send: (files, onProgress, signal) => sendImages(project, files, onProgress, signal),
    onChange: (snapshot) => {
      const before = entries.find((entry) => entry.upload === upload)
      set(entries.map((entry) => (entry.upload === upload ? { ...entry, snapshot } : entry)))
      if (before && before.snapshot.results.length !== snapshot.results.length) refreshSoon(project)
      if (before?.snapshot.active === true && !snapshot.active) refreshLists(project)
    },
  })
  const entry = { project, projectName, upload, snapshot: upload.snapshot() }
  set([...entries, entry])
  return entry
}

/** Adds files to the project's upload; starts one when there is none or the last one has been closed. */
export function uploadFiles(project: string, projectName: string, files: readonly PickedFile[]): void {
  const entry = entries.find((each) => each.project === project) ?? start(project, projectName)
  entry.upload.add(files)
}

export function closeUpload(entry: UploadEntry): void {
  set(entries.filter((other) => other.upload !== entry.upload))
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function useUploads(): readonly UploadEntry[] {
  return useSyncExternalStore(subscribe, () => entries)
}
