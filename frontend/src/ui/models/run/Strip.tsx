/** The same validation pictures at each evaluation: truth and prediction, with a slider over the steps. */
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { modelFileUrl } from '@/sync/learningApi'
import { integer } from '@/ui/kit/format'

interface StripProps {
  readonly model: string
  /** Steps of which there is a strip, ordered. */
  readonly steps: readonly number[]
}

export function Strip({ model, steps }: StripProps) {
  const { t, i18n } = useTranslation('models')
  // Follows the newest until somebody moves the slider back.
  const [held, setHeld] = useState<number | null>(null)
  const last = steps.length - 1
  const at = held === null ? last : Math.min(held, last)
  const step = steps[at]
  if (step === undefined) return <p className="nothing muted">{t('strip.none')}</p>
  const told = t('strip.step', { step: integer(step, i18n.language) })
  return (
    <div className="strip stack-2">
      <div className="strip-scroll" tabIndex={0} role="region" aria-label={t('strip')}>
        <img src={modelFileUrl(model, 'strip', step)} alt={t('strip.alt', { step })} decoding="async" />
      </div>
      <div className="row">
        <input
          type="range"
          className="grow"
          min={0}
          max={Math.max(0, last)}
          value={at}
          disabled={last < 1}
          aria-label={t('strip.slider')}
          aria-valuetext={told}
          onChange={(event) => {
            const next = Number(event.target.value)
            setHeld(next === last ? null : next)
          }}
        />
        <span className="small muted num strip-step">{told}</span>
      </div>
    </div>
  )
}
