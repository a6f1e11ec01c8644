/** What click to segment can be told: marks, drags, the model; and whether the image is ready for it. */
import { Eye, LoaderCircle, RefreshCw, Spline, SquareDashed } from 'lucide-react'
import { Toggle } from 'radix-ui'
import { useTranslation } from 'react-i18next'

import { type ClickFigures, figuresOf } from '@/core/clicks'
import type { ClickSettings } from '@/tools/click/settings'
import { IconButton } from '@/ui/kit/Button'
import { Segmented, Select } from '@/ui/kit/Field'
import { Tooltip } from '@/ui/kit/Tooltip'

import { usePart } from '../use'
import { MarkingChoice } from './assist/Marking'
import type { OptionsProps } from './options'

export function ClickOptions({ session }: OptionsProps) {
  const { t } = useTranslation('clicks')
  const { drag, glance } = usePart(session.state, (state) => state.click)
  const proposal = usePart(session.state, (state) => state.proposal)
  const set = (patch: Partial<ClickSettings>) => {
    session.state.set({ click: { ...session.state.get().click, ...patch } })
    session.tools.adjusted()
  }
  return (
    <>
      <MarkingChoice session={session} choices="two" />
      <Segmented
        label={t('drag')}
        value={drag}
        choices={[
          { value: 'box', label: <SquareDashed size={14} aria-hidden />, name: t('drag.box') },
          { value: 'stroke', label: <Spline size={14} aria-hidden />, name: t('drag.stroke') },
        ]}
        onValue={(next) => set({ drag: next })}
      />
      <Tooltip text={t('glance')}>
        <Toggle.Root
          className="option-toggle"
          pressed={glance}
          aria-label={t('glance')}
          onPressedChange={(next) => set({ glance: next })}
        >
          <Eye size={14} aria-hidden />
        </Toggle.Root>
      </Tooltip>
      <ModelChoice session={session} onModel={(model) => set({ model })} />
      {!proposal && <RefineButton session={session} />}
      <ReadyState session={session} />
    </>
  )
}

function ModelChoice({ session, onModel }: OptionsProps & { readonly onModel: (model: string) => void }) {
  const { t, i18n } = useTranslation('clicks')
  const models = usePart(session.state, (state) => state.clickStatus.models)
  const chosen = usePart(session.state, (state) => state.click.model)
  const working = models.filter((model) => model.problem === '')
  if (models.length > 0 && working.length === 0)
    return (
      <span className="assist-failure" title={models.map((model) => model.problem).join('; ')}>
        {t('noModel')}
      </span>
    )
  if (working.length < 2) return null
  const usual = working.find((model) => model.usual)?.name ?? ''
  const value = working.some((model) => model.name === chosen) ? chosen : usual
  const clicks = new Intl.NumberFormat(i18n.language, { minimumFractionDigits: 1, maximumFractionDigits: 1 })
  return (
    <>
      <Select
        label={t('model')}
        size="sm"
        value={value}
        choices={working.map(({ name, title, needed }) => ({
          value: name,
          label: title,
          ...(needed === null ? {} : { hint: t('needs', { clicks: clicks.format(needed) }) }),
        }))}
        onValue={onModel}
      />
      <Figures figures={figuresOf(working, value)} clicks={clicks} />
    </>
  )
}

/** How many clicks the chosen model was measured to need on this project's own objects. */
export function Figures(props: {
  readonly figures: ClickFigures | null
  readonly clicks: Intl.NumberFormat
}) {
  const { t } = useTranslation('clicks')
  const { figures, clicks } = props
  if (figures === null) return null
  const values = { clicks: clicks.format(figures.own) }
  const { beside } = figures
  const text = beside
    ? t('needsBeside', { ...values, other: beside.title, otherClicks: clicks.format(beside.needed) })
    : t('needs', values)
  return (
    <Tooltip text={t('needsHelp')}>
      <span className="click-figures" tabIndex={0} data-testid="click-figures">
        {text}
      </span>
    </Tooltip>
  )
}

function RefineButton({ session }: OptionsProps) {
  const { t } = useTranslation('clicks')
  const one = usePart(session.state, (state) => state.selection.size === 1)
  const press = () => session.tools.key({ key: 'r', shift: false, alt: false, mod: false })
  return (
    <IconButton size="sm" label={t('refine')} disabled={!one} onClick={press}>
      <RefreshCw size={14} aria-hidden />
    </IconButton>
  )
}

function ReadyState({ session }: OptionsProps) {
  const { t } = useTranslation('clicks')
  const { waiting, failure } = usePart(session.state, (state) => state.clickStatus)
  if (failure !== null)
    return (
      <span className="assist-failure" role="status" title={t(`assists:hint.${failure}`)}>
        {t('failed')}
      </span>
    )
  if (!waiting) return null
  const text =
    waiting.state === 'queued'
      ? t('queued')
      : t('running', { percent: Math.round(Math.max(0.05, waiting.progress) * 100) })
  return (
    <span className="click-waiting" role="status" title={t('runningHelp')} data-testid="click-waiting">
      <LoaderCircle size={14} className="spin" aria-hidden />
      {text}
    </span>
  )
}
