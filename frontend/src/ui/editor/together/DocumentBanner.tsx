/** Says that another document than the image's own is open, whose it is, and leads back. */
import { Layers2 } from 'lucide-react'
import { useTranslation } from 'react-i18next'

import { Button } from '@/ui/kit/Button'

import { useDocumentName } from './sources'
import { useDocuments } from './useHistoryPages'

interface BannerProps {
  readonly image: string
  readonly document: string
  readonly onBack: () => void
}

export function DocumentBanner({ image, document, onBack }: BannerProps) {
  const { t } = useTranslation('together')
  const documents = useDocuments(image)
  const nameOf = useDocumentName()
  const entry = documents.find((each) => each.id === document)
  if (!entry) return null
  return (
    <div className="banner" role="status">
      <Layers2 size={17} aria-hidden />
      <div className="grow">
        <strong>{nameOf(entry)}</strong>
        <p>{t(`document.${entry.role}.text`)}</p>
      </div>
      <Button size="sm" onClick={onBack}>
        {t('document.toPrimary')}
      </Button>
    </div>
  )
}
