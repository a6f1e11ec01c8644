/** The buttons that open the file and the folder chooser. */
import { FolderUp, Upload } from 'lucide-react'
import { useRef, type RefObject } from 'react'
import { useTranslation } from 'react-i18next'

import type { PickedFile } from '@/sync/upload'
import { Button } from '@/ui/kit/Button'

import { VIDEO_ACCEPT } from '@/ui/versions/video'

import { chosenFiles } from './pick'

interface UploadButtonsProps {
  readonly primary?: boolean
  readonly onFiles: (files: readonly PickedFile[]) => void
}

const ACCEPT = `image/jpeg,image/png,image/webp,image/bmp,image/tiff,.tif,.tiff,.bmp,.zip,application/zip,${VIDEO_ACCEPT}`

export function UploadButtons({ primary = false, onFiles }: UploadButtonsProps) {
  const { t } = useTranslation('uploads')
  const files = useRef<HTMLInputElement>(null)
  const folder = useRef<HTMLInputElement>(null)
  const take = (input: RefObject<HTMLInputElement | null>) => {
    onFiles(chosenFiles(input.current?.files ?? null))
    if (input.current) input.current.value = ''
  }
  return (
    <>
      <input
        ref={files}
        type="file"
        multiple
        hidden
        accept={ACCEPT}
        data-testid="upload-files"
        onChange={() => take(files)}
      />
      <input
        ref={folder}
        type="file"
        multiple
        hidden
        data-testid="upload-folder"
        {...{ webkitdirectory: '' }}
        onChange={() => take(folder)}
      />
      <Button
        variant={primary ? 'primary' : 'secondary'}
        icon={<Upload size={16} aria-hidden />}
        onClick={() => files.current?.click()}
      >
        {t('files')}
      </Button>
      <Button icon={<FolderUp size={16} aria-hidden />} onClick={() => folder.current?.click()}>
        {t('folder')}
      </Button>
    </>
  )
}
