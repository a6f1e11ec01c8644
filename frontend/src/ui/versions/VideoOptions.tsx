/** Which frames of the chosen videos are taken, and how they are kept. */
import { useTranslation } from 'react-i18next'

import type { PickedFile } from '@/sync/upload'
import { Field, Segmented, Select, TextField } from '@/ui/kit/Field'

import { type VideoChoice } from './video'

interface VideoOptionsProps {
  readonly value: VideoChoice
  readonly videos: readonly PickedFile[]
  readonly onValue: (value: VideoChoice) => void
}

export function VideoOptions({ value, videos, onValue }: VideoOptionsProps) {
  const { t } = useTranslation('video')
  const set = (patch: Partial<VideoChoice>) => onValue({ ...value, ...patch })
  const sides = ['', '1920', '1280', '960', '640', '480']
  return (
    <fieldset className="video-options" data-testid="video-options">
      <legend className="field-label">{t('title', { count: videos.length })}</legend>
      <div className="row-wrap">
        <Segmented
          label={t('which')}
          value={value.which}
          choices={[
            { value: 'all', label: t('all'), name: t('all') },
            { value: 'every', label: t('every'), name: t('every') },
            { value: 'rate', label: t('rate'), name: t('rate') },
          ]}
          onValue={(which) => set({ which })}
        />
      </div>
      <div className="video-fields">
        {value.which === 'every' && (
          <TextField
            label={t('everyN')}
            type="number"
            min={2}
            step={1}
            value={value.every}
            onValue={(every) => set({ every })}
          />
        )}
        {value.which === 'rate' && (
          <TextField
            label={t('perSecond')}
            type="number"
            min={0.01}
            step="any"
            value={value.perSecond}
            onValue={(perSecond) => set({ perSecond })}
          />
        )}
        <TextField
          label={t('start')}
          type="number"
          min={0}
          step="any"
          placeholder="0"
          value={value.start}
          onValue={(start) => set({ start })}
        />
        <TextField
          label={t('end')}
          type="number"
          min={0}
          step="any"
          placeholder={t('toEnd')}
          value={value.end}
          onValue={(end) => set({ end })}
        />
        <Field label={t('side')}>
          {({ id }) => (
            <Select
              id={id}
              label={t('side')}
              value={value.side}
              choices={sides.map((side) => ({
                value: side,
                label: side === '' ? t('asIs') : t('pixels', { side }),
              }))}
              onValue={(side) => set({ side })}
            />
          )}
        </Field>
        <Field label={t('kept')}>
          {({ id }) => (
            <Select
              id={id}
              label={t('kept')}
              value={value.kept}
              choices={(['92', '80', '98', 'png'] as const).map((kept) => ({
                value: kept,
                label: t(`kept.${kept}`),
              }))}
              onValue={(kept) => set({ kept })}
            />
          )}
        </Field>
      </div>
      <p className="small muted">{t('hint')}</p>
    </fieldset>
  )
}
