/**
 * The side tab of pre-labels: whose they are, from which score on they count, what becomes of all of them, the list, and
 * the map of uncertainty. Where there are none it says why, and asks for them.
 */
import { Check, CheckCheck, Eye, EyeOff, Sparkles, X } from 'lucide-react'
import { useTranslation } from 'react-i18next'

import { heatGradient } from '@/core/heat'
import type { ReviewState } from '@/tools/prelabels/review'
import { usePreference } from '@/ui/app/usePreference'
import { JobProgress } from '@/ui/jobs/JobProgress'
import { Skeleton } from '@/ui/kit/Bits'
import { Button, IconButton } from '@/ui/kit/Button'
import { SwitchField } from '@/ui/kit/Field'
import { ProblemNotice } from '@/ui/kit/Problem'

import type { EditorSession } from '../session'
import { useObservable, usePart } from '../use'
import { LabelledSlider } from '../view/LabelledSlider'
import { PrelabelList } from './PrelabelList'
import type { Prelabels } from './usePrelabels'

interface PanelProps {
  readonly session: EditorSession
  readonly prelabels: Prelabels
  readonly onAcceptNext: () => void
}

export function PrelabelPanel({ session, prelabels, onAcceptNext }: PanelProps) {
  const { t } = useTranslation('prelabels')
  const review = useObservable(session.review.state)
  const { prediction } = review
  return (
    <section className="side-panel prelabels" aria-label={t('title')} data-testid="prelabel-panel">
      {prediction ? (
        <>
          <Head session={session} review={review} prelabels={prelabels} />
          <Threshold session={session} review={review} onAcceptNext={onAcceptNext} />
          <PrelabelList session={session} review={review} />
          <Heat review={review} />
        </>
      ) : prelabels.loading ? (
        <Skeleton style={{ height: 120, margin: 16 }} />
      ) : (
        <Nothing session={session} prelabels={prelabels} />
      )}
    </section>
  )
}

interface HeadProps {
  readonly session: EditorSession
  readonly review: ReviewState
  readonly prelabels: Prelabels
}

function Head({ session, review, prelabels }: HeadProps) {
  const { t } = useTranslation('prelabels')
  const { prediction, shown, open, accepted, rejected, there } = review
  const model = prediction!.model
  const { champion } = prelabels
  const parts = [
    t('count.open', { count: open.length }),
    ...(accepted > 0 ? [t('count.accepted', { count: accepted })] : []),
    ...(there > 0 ? [t('count.there', { count: there })] : []),
  ]
  return (
    <header className="prelabel-head">
      <div className="spread">
        <h2 className="row truncate">
          <Sparkles size={15} aria-hidden />
          <span className="truncate" title={model.name}>
            {t('model', { number: model.number })}
            {model.name !== '' && <span className="prelabel-name"> {model.name}</span>}
          </span>
        </h2>
        <IconButton
          size="sm"
          label={t(shown ? 'hideAll' : 'showAll')}
          aria-pressed={shown}
          onClick={() => session.review.setShown(!shown)}
        >
          {shown ? <Eye size={16} aria-hidden /> : <EyeOff size={16} aria-hidden />}
        </IconButton>
      </div>
      <p className="small muted num">
        {parts.join(' · ')}
        {rejected > 0 && (
          <>
            {' · '}
            <button type="button" className="link-button" onClick={() => session.review.restoreAll()}>
              {t('count.rejected', { count: rejected })}
            </button>
          </>
        )}
      </p>
      {champion && champion.id !== model.id && (
        <div className="prelabel-older">
          <p className="small">{t('older', { number: model.number, champion: champion.number })}</p>
          <Ask session={session} prelabels={prelabels} label={t('again')} />
        </div>
      )}
      <Trouble prelabels={prelabels} />
    </header>
  )
}

interface ThresholdProps {
  readonly session: EditorSession
  readonly review: ReviewState
  readonly onAcceptNext: () => void
}

function Threshold({ session, review, onAcceptNext }: ThresholdProps) {
  const { t } = useTranslation('prelabels')
  const readOnly = usePart(session.state, (state) => state.readOnly)
  const { threshold, open, above } = review
  const below = open.length - above
  const percent = Math.round(threshold * 100)
  return (
    <div className="prelabel-threshold stack-2">
      <LabelledSlider
        label={t('threshold')}
        shown={t('thresholdShown', { percent, count: above })}
        min={0}
        max={100}
        values={[percent]}
        onValues={([value = 0]) => session.review.setThreshold(value / 100)}
      />
      {!readOnly && (
        <div className="prelabel-all">
          <Button
            size="sm"
            variant="primary"
            icon={<Check size={15} aria-hidden />}
            disabled={above === 0}
            title={t('key.acceptAbove')}
            onClick={() => session.review.acceptAbove()}
          >
            {t('acceptAbove', { count: above })}
          </Button>
          <Button
            size="sm"
            icon={<X size={15} aria-hidden />}
            disabled={below === 0}
            title={t('key.rejectBelow')}
            onClick={() => session.review.rejectBelow()}
          >
            {t('rejectBelow', { count: below })}
          </Button>
          <Button
            size="sm"
            className="prelabel-next"
            icon={<CheckCheck size={15} aria-hidden />}
            title={t('key.acceptNext')}
            onClick={onAcceptNext}
          >
            {t('acceptNext')}
          </Button>
        </div>
      )}
    </div>
  )
}

function Heat({ review }: { readonly review: ReviewState }) {
  const { t } = useTranslation('prelabels')
  const [kept, keep] = usePreference('editor.prelabels')
  if (!review.prediction?.overlay) return null
  const percent = Math.round(kept.heatOpacity * 100)
  return (
    <footer className="prelabel-heat stack-2">
      <SwitchField label={t('heat')} checked={kept.heat} onValue={(heat) => keep({ ...kept, heat })} />
      {kept.heat && (
        <>
          <div className="heat-legend">
            <span className="small muted">{t('heatSure')}</span>
            <span className="heat-bar" style={{ background: heatGradient() }} aria-hidden />
            <span className="small muted">{t('heatUnsure')}</span>
          </div>
          <LabelledSlider
            label={t('heatOpacity')}
            shown={`${percent} %`}
            min={10}
            max={100}
            step={5}
            values={[percent]}
            onValues={([value = 60]) => keep({ ...kept, heatOpacity: value / 100 })}
          />
        </>
      )}
    </footer>
  )
}

interface AskProps {
  readonly session: EditorSession
  readonly prelabels: Prelabels
  readonly label: string
}

function Ask({ session, prelabels, label }: AskProps) {
  const readOnly = usePart(session.state, (state) => state.readOnly)
  const { job, asking } = prelabels
  if (readOnly) return null
  return (
    <>
      {job && asking && <JobProgress job={job} />}
      {!(job && asking) && (
        <Button
          size="sm"
          busy={asking}
          icon={<Sparkles size={15} aria-hidden />}
          onClick={() => prelabels.predict()}
        >
          {label}
        </Button>
      )}
    </>
  )
}

/** What went wrong: the job that failed, or a request that could not be made. */
function Trouble({ prelabels }: { readonly prelabels: Prelabels }) {
  const { job, error } = prelabels
  if (job?.state === 'failed') return <JobProgress job={job} />
  return error ? <ProblemNotice error={error} onRetry={prelabels.retry} /> : null
}

function Nothing({ session, prelabels }: Omit<PanelProps, 'onAcceptNext'>) {
  const { t } = useTranslation('prelabels')
  const { closed, champion } = prelabels
  const text = closed ? t(`closed.${closed}`) : champion ? t('none.ask') : t('none.noModel')
  return (
    <div className="side-empty">
      <Sparkles size={26} aria-hidden />
      <p>{text}</p>
      {closed === null && champion && (
        <Ask session={session} prelabels={prelabels} label={t('ask', { number: champion.number })} />
      )}
      <Trouble prelabels={prelabels} />
    </div>
  )
}
