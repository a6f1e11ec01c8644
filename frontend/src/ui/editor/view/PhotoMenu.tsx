/** How the photograph is shown: histogram, levels, brightness, contrast, gamma, channel. Nothing of it is ever saved. */
import { Contrast } from 'lucide-react'
import { Popover } from 'radix-ui'
import { useEffect, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'

import {
  type Adjustment,
  AS_IT_IS,
  autoLevels,
  type Channel,
  GAMMA_RANGE,
  type Histogram,
  isAsItIs,
} from '@/core/adjust'
import { Button, IconButton } from '@/ui/kit/Button'
import { Segmented } from '@/ui/kit/Field'

import type { EditorSession } from '../session'
import { setAdjustment, useAdjustment } from './adjustment'
import { visibleHistogram } from './histogram'
import { LabelledSlider } from './LabelledSlider'

interface PhotoMenuProps {
  readonly session: EditorSession
  readonly project: string
}

export function PhotoMenu({ session, project }: PhotoMenuProps) {
  const { t } = useTranslation('view')
  const changed = !isAsItIs(useAdjustment(project))
  return (
    <Popover.Root>
      <Popover.Trigger asChild>
        <IconButton label={t('photo')} data-changed={changed} className="photo-button">
          <Contrast size={18} aria-hidden />
        </IconButton>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content className="menu view-menu stack" align="end" sideOffset={6} aria-label={t('photo')}>
          <Adjusting session={session} project={project} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}

const LOG = Math.log(GAMMA_RANGE.most)

function Adjusting({ session, project }: PhotoMenuProps) {
  const { t } = useTranslation('view')
  const adjustment = useAdjustment(project)
  const histogram = useVisibleHistogram(session)
  const set = (change: Partial<Adjustment>) => setAdjustment(project, change)
  const channels: readonly Channel[] = ['colour', 'red', 'green', 'blue', 'grey']
  return (
    <>
      <HistogramView histogram={histogram} adjustment={adjustment} />
      <LabelledSlider
        label={t('levels')}
        shown={`${adjustment.low} – ${adjustment.high}`}
        min={0}
        max={255}
        values={[adjustment.low, adjustment.high]}
        names={[t('darkest'), t('lightest')]}
        onValues={([low = 0, high = 255]) => high > low && set({ low, high })}
      />
      <LabelledSlider
        label={t('brightness')}
        shown={signed(adjustment.brightness)}
        min={-100}
        max={100}
        values={[adjustment.brightness]}
        onValues={([brightness = 0]) => set({ brightness })}
      />
      <LabelledSlider
        label={t('contrast')}
        shown={signed(adjustment.contrast)}
        min={-100}
        max={100}
        values={[adjustment.contrast]}
        onValues={([contrast = 0]) => set({ contrast })}
      />
      <LabelledSlider
        label={t('gamma')}
        shown={adjustment.gamma.toFixed(2)}
        min={-100}
        max={100}
        values={[Math.round((Math.log(adjustment.gamma) / LOG) * 100)]}
        onValues={([step = 0]) => set({ gamma: Number(Math.exp((step / 100) * LOG).toFixed(3)) })}
      />
      <Segmented
        label={t('channel')}
        value={adjustment.channel}
        choices={channels.map((value) => ({ value, label: t(`channel.${value}`) }))}
        onValue={(channel) => set({ channel })}
      />
      <div className="row photo-actions">
        <Button
          size="sm"
          className="grow"
          disabled={!histogram}
          onClick={() => histogram && set(autoLevels(histogram, adjustment.channel))}
        >
          {t('auto')}
        </Button>
        <Button size="sm" className="grow" disabled={isAsItIs(adjustment)} onClick={() => set(AS_IT_IS)}>
          {t('reset')}
        </Button>
      </div>
    </>
  )
}

const signed = (value: number) => (value > 0 ? `+${value}` : String(value).replace('-', '−'))

/** Counted again when what is on screen has come to rest; null until then, and while there is no photograph. */
function useVisibleHistogram(session: EditorSession): Histogram | null {
  const [histogram, setHistogram] = useState<Histogram | null>(null)
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    let gone = false
    let seen = session.view.get().viewport
    const count = () => {
      const keep = (fresh: Histogram | null) => !gone && setHistogram(fresh)
      visibleHistogram(session).then(keep, () => keep(null))
    }
    count()
    const end = session.view.subscribe(() => {
      const { viewport } = session.view.get()
      if (viewport === seen) return
      seen = viewport
      clearTimeout(timer)
      timer = setTimeout(count, 250)
    })
    return () => {
      gone = true
      end()
      clearTimeout(timer)
    }
  }, [session])
  return histogram
}

const WIDTH = 256
const HEIGHT = 72

interface HistogramProps {
  readonly histogram: Histogram | null
  readonly adjustment: Adjustment
}

function HistogramView({ histogram, adjustment }: HistogramProps) {
  const { t } = useTranslation('view')
  const { channel, low, high } = adjustment
  const lines = useMemo(() => {
    if (!histogram) return []
    const all = ['red', 'green', 'blue'] as const
    const shown = channel === 'colour' ? all : ([channel] as const)
    const most = Math.max(1, ...shown.map((name) => capOf(histogram[name])))
    return shown.map((name) => ({ name, path: pathOf(histogram[name], most) }))
  }, [histogram, channel])
  return (
    <svg
      className="histogram"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={t('histogram')}
    >
      {lines.map(({ name, path }) => (
        <path key={name} d={path} data-channel={name} />
      ))}
      <line x1={low} x2={low} y1={0} y2={HEIGHT} />
      <line x1={high} x2={high} y1={0} y2={HEIGHT} />
    </svg>
  )
}

/** The tallest bar but for the two ends, whose spikes of black and white would flatten all others. */
function capOf(counts: Uint32Array): number {
  return Math.max(...counts.subarray(1, 255))
}

function pathOf(counts: Uint32Array, most: number): string {
  const points = Array.from(counts, (count, value) => {
    const height = Math.sqrt(Math.min(1, count / most)) * HEIGHT
    return `${value} ${(HEIGHT - height).toFixed(1)}`
  })
  return `M0 ${HEIGHT} L${points.join(' L')} L255 ${HEIGHT} Z`
}
