/** Takes files dropped anywhere on the page while it is mounted, and shows where they would go. */
import { UploadCloud } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { PickedFile } from '@/sync/upload'

import { droppedFiles } from './pick'

interface DropZoneProps {
  readonly projectName: string
  readonly onFiles: (files: readonly PickedFile[]) => void
}

function hasFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes('Files') ?? false
}

export function DropZone({ projectName, onFiles }: DropZoneProps) {
  const { t } = useTranslation('uploads')
  const [over, setOver] = useState(false)
  const take = useRef(onFiles)
  useEffect(() => {
    take.current = onFiles
  }, [onFiles])
  useEffect(() => {
    let depth = 0
    const enter = (event: DragEvent) => {
      if (!hasFiles(event)) return
      depth += 1
      setOver(true)
    }
    const leave = (event: DragEvent) => {
      if (!hasFiles(event)) return
      depth -= 1
      if (depth <= 0) setOver(false)
    }
    const allow = (event: DragEvent) => {
      if (hasFiles(event)) event.preventDefault()
    }
    const drop = (event: DragEvent) => {
      if (!event.dataTransfer || !hasFiles(event)) return
      event.preventDefault()
      depth = 0
      setOver(false)
      void droppedFiles(event.dataTransfer).then((files) => take.current(files))
    }
    const pairs = [
      ['dragenter', enter],
      ['dragleave', leave],
      ['dragover', allow],
      ['drop', drop],
    ] as const
    for (const [name, listener] of pairs) window.addEventListener(name, listener)
    return () => {
      for (const [name, listener] of pairs) window.removeEventListener(name, listener)
    }
  }, [])
  if (!over) return null
  return (
    <div className="drop-zone" data-testid="drop-zone">
      <div>
        <UploadCloud size={44} strokeWidth={1.5} aria-hidden />
        <h2>{t('drop.title', { project: projectName })}</h2>
        <p>{t('drop.text')}</p>
      </div>
    </div>
  )
}
