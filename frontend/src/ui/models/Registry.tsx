/** The table of a project's models: state, score with its interval, what each came from. */
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import { personName } from '@/sync/api'
import type { Metrics, Model } from '@/sync/learningApi'
import { Checkbox } from '@/ui/kit/Field'
import { ago, dateTime, integer } from '@/ui/kit/format'

import { countsClicks, hasInterval, interval, isKnown, score } from './format'
import { ArchitectureDrawing } from './drawings'
import { isReady, StateBadge, useModelName } from './ModelState'

/** The figure that a model is chosen by, small: number, interval as a bar, and what it is. */
export function PrimaryScore({ metrics }: { readonly metrics: Metrics }) {
  const { t, i18n } = useTranslation('models')
  const { primary } = metrics
  const estimate = primary === undefined ? undefined : metrics.values?.[primary]
  if (primary === undefined || !isKnown(estimate?.value)) return <span className="muted">–</span>
  const bar = !countsClicks(primary) && hasInterval(estimate)
  return (
    <div className="primary-score">
      <div className="row">
        <strong className="num">{score(estimate.value, i18n.language, primary)}</strong>
        <span className="small muted">{t(`metric.${primary}`, primary)}</span>
      </div>
      {bar && (
        <span className="interval-track" aria-hidden>
          <span
            className="interval-bar"
            style={{
              left: `${estimate.low * 100}%`,
              width: `${(estimate.high - estimate.low) * 100}%`,
            }}
          />
          <span className="interval-dot" style={{ left: `${estimate.value * 100}%` }} />
        </span>
      )}
      <span className="small muted num">
        <span className="visually-hidden">{t('interval')} </span>
        {interval(estimate, i18n.language, primary)}
      </span>
    </div>
  )
}

function Origin({ model }: { readonly model: Model }) {
  const { t, i18n } = useTranslation('models')
  const name = useModelName()
  return (
    <div className="small">
      {model.version ? (
        <Link to={`/projects/${model.project}/versions`}>
          {t('registry.version', { number: model.version.number })}
        </Link>
      ) : (
        <span className="muted">{t('registry.brought')}</span>
      )}
      {model.labelled_count > 0 && (
        <span className="muted num">
          {' · '}
          {t('registry.images', {
            count: model.labelled_count,
            number: integer(model.labelled_count, i18n.language),
          })}
        </span>
      )}
      {model.parent && (
        <div className="muted truncate">
          {t('registry.from')}{' '}
          <Link to={`/projects/${model.project}/models/${model.parent.id}`}>{name(model.parent)}</Link>
        </div>
      )}
    </div>
  )
}

interface RegistryProps {
  readonly models: readonly Model[]
  readonly chosen: readonly string[]
  readonly onChosen: (ids: readonly string[]) => void
}

export const MOST_COMPARED = 4

export function Registry({ models, chosen, onChosen }: RegistryProps) {
  const { t, i18n } = useTranslation('models')
  const name = useModelName()
  return (
    <div className="card registry" tabIndex={0} role="region" aria-label={t('registry')}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col" style={{ width: 40 }}>
              <span className="visually-hidden">{t('compare')}</span>
            </th>
            <th scope="col">{t('registry.model')}</th>
            <th scope="col">{t('registry.state')}</th>
            <th scope="col" style={{ width: 210 }}>
              {t('registry.score')}
            </th>
            <th scope="col">{t('registry.origin')}</th>
            <th scope="col">{t('registry.made')}</th>
          </tr>
        </thead>
        <tbody>
          {models.map((model) => (
            <tr
              key={model.id}
              data-champion={model.state === 'champion' || undefined}
              data-testid="model-row"
            >
              <td>
                {(isReady(model) || model.state === 'training') &&
                  (chosen.includes(model.id) || chosen.length < MOST_COMPARED) && (
                    <Checkbox
                      bare
                      label={t('compare.choose', { name: name(model) })}
                      checked={chosen.includes(model.id)}
                      onValue={(on) =>
                        onChosen(on ? [...chosen, model.id] : chosen.filter((id) => id !== model.id))
                      }
                    />
                  )}
              </td>
              <td>
                <Link to={`/projects/${model.project}/models/${model.id}`} className="registry-name">
                  <ArchitectureDrawing name={model.architecture} />
                  <span className="grow">
                    <strong className="truncate">{name(model)}</strong>
                    <span className="small muted truncate">
                      <span className="num">#{model.number}</span> · {t(`architecture.${model.architecture}`)}
                    </span>
                  </span>
                </Link>
              </td>
              <td>
                <StateBadge state={model.state} />
              </td>
              <td>
                <PrimaryScore metrics={model.metrics} />
              </td>
              <td>
                <Origin model={model} />
              </td>
              <td className="small muted">
                <time dateTime={model.created} title={dateTime(model.created, i18n.language)}>
                  {ago(model.created, i18n.language)}
                </time>
                <div className="truncate">{personName(model.created_by)}</div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
