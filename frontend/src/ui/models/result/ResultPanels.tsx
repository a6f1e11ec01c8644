/** How good a finished model is, and on what. */
import { CircleAlert } from 'lucide-react'
import { useTranslation } from 'react-i18next'

import type { Project } from '@/sync/api'
import type { Metrics, ModelDetail } from '@/sync/learningApi'

import { CalibrationDiagram } from '../charts/CalibrationDiagram'
import { Confusion } from '../charts/Confusion'
import { IntervalDots, type Measured } from '../charts/IntervalDots'
import { countsClicks } from '../format'
import { confusionLabels } from '../run/curves'
import { Panel } from '../run/RunPanels'
import { ClassTable } from './ClassTable'
import { Clicks } from './Clicks'
import { CorrectionsPanel } from './CorrectionsPanel'
import { Lineage } from './Lineage'
import { SettingsPanel } from './SettingsPanel'
import { Worst } from './Worst'

/** The figures that are there, the primary one first. */
export function measuredOf(metrics: Metrics, label: (key: string) => string): readonly Measured[] {
  const { primary } = metrics
  return Object.entries(metrics.values ?? {})
    .filter(([key, estimate]) => estimate.value !== null && !countsClicks(key))
    .map(([key, estimate]) => ({ key, label: label(key), estimate, strong: key === primary }))
    .sort((one, other) => Number(other.strong) - Number(one.strong))
}

function Scores({ metrics }: { readonly metrics: Metrics }) {
  const { t } = useTranslation('models')
  const rows = measuredOf(metrics, (key) => t(`metric.${key}`, key))
  return (
    <div className="stack">
      {metrics.enough === false && (
        <div className="notice notice-warning">
          <CircleAlert size={18} aria-hidden />
          <div>
            <strong>{t('few.title')}</strong>
            <p>{t('few.text', { count: metrics.images ?? 0, units: metrics.units ?? 0 })}</p>
          </div>
        </div>
      )}
      {rows.length === 0 ? <p className="nothing muted">{t('scores.none')}</p> : <IntervalDots rows={rows} />}
    </div>
  )
}

interface ResultPanelsProps {
  readonly project: Project
  readonly model: ModelDetail
}

export function ResultPanels({ project, model }: ResultPanelsProps) {
  const { t } = useTranslation('models')
  const { metrics } = model
  const { confusion, calibration, classes } = metrics
  const colours = new Map(model.class_map.map((one) => [one.index, one.colour]))
  const names = model.class_map.map((one) => one.name)
  const measured = metrics.split
    ? t('scores.on', { split: t(`common:split.${metrics.split}`), count: metrics.images ?? 0 })
    : undefined
  return (
    <div className="panels">
      {model.note !== '' && <p className="pre-line panel-wide">{model.note}</p>}
      {metrics.clicks && (
        <Panel title={t('clicks')} wide {...(measured === undefined ? {} : { note: measured })}>
          <Clicks clicks={metrics.clicks} better={metrics.better} />
        </Panel>
      )}
      {!(metrics.clicks && Object.keys(metrics.values ?? {}).every(countsClicks)) && (
        <Panel title={t('scores')} wide {...(measured === undefined ? {} : { note: measured })}>
          <Scores metrics={metrics} />
        </Panel>
      )}
      {classes && classes.length > 0 && (
        <Panel title={t('classes')} wide>
          <ClassTable rows={classes} colours={colours} />
        </Panel>
      )}
      {(metrics.images ?? 0) > 0 && model.purpose !== 'click' && (
        <Panel title={t('worst')} wide>
          <Worst model={model.id} />
        </Panel>
      )}
      {confusion && confusion.length > 0 && (
        <Panel title={t('confusion')} wide>
          <Confusion
            matrix={confusion}
            labels={confusionLabels(confusion.length, metrics, names, t('background'))}
          />
        </Panel>
      )}
      {calibration?.bins && calibration.bins.length > 0 && (
        <Panel title={t('calibration')}>
          <CalibrationDiagram calibration={calibration} />
        </Panel>
      )}
      <Panel title={t('lineage')}>
        <Lineage model={model} />
      </Panel>
      {model.purpose !== 'click' && (
        <>
          <Panel title={t('settings')}>
            <SettingsPanel project={project} model={model} />
          </Panel>
          <Panel title={t('corrections')} note={t('corrections.note')}>
            <CorrectionsPanel model={model.id} />
          </Panel>
        </>
      )}
    </div>
  )
}
