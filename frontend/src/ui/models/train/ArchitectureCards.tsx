/** The choice of what to train: a card each, with a drawing; those that cannot be trained now say why. */
import { RadioGroup } from 'radix-ui'
import { useTranslation } from 'react-i18next'

import type { Architecture, ArchitectureOption } from '@/sync/learningApi'
import { Badge } from '@/ui/kit/Bits'
import { sentence } from '@/ui/kit/format'

import { ArchitectureDrawing } from '../drawings'

interface ArchitectureCardsProps {
  readonly options: readonly ArchitectureOption[]
  readonly value: Architecture
  readonly onValue: (name: Architecture) => void
}

export function ArchitectureCards({ options, value, onValue }: ArchitectureCardsProps) {
  const { t } = useTranslation('models')
  return (
    <RadioGroup.Root
      className="architectures"
      aria-label={t('train.architecture')}
      value={value}
      onValueChange={(name) => onValue(name as Architecture)}
    >
      {options.map((option) => (
        <RadioGroup.Item
          key={option.name}
          value={option.name}
          disabled={!option.available}
          className="choice-card architecture-card"
        >
          <ArchitectureDrawing name={option.name} />
          <span className="row-wrap">
            <strong>{t(`architecture.${option.name}`)}</strong>
            {option.recommended && option.available && <Badge tone="accent">{t('train.recommended')}</Badge>}
          </span>
          <span className="small muted">{t(`architecture.${option.name}.text`)}</span>
          {!option.available && option.reason !== '' && (
            <span className="small architecture-why">{sentence(option.reason)}</span>
          )}
        </RadioGroup.Item>
      ))}
    </RadioGroup.Root>
  )
}
