/** Where a model comes from: the frozen data, the model it began with or the two it fuses, as a small graph. */
import { ArrowRight, Boxes, Layers } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import type { ModelDetail } from '@/sync/learningApi'
import { integer } from '@/ui/kit/format'

import { useModelName } from '../ModelState'

export function Lineage({ model }: { readonly model: ModelDetail }) {
  const { t, i18n } = useTranslation('models')
  const name = useModelName()
  const { weights } = model.plan
  const before = [...(model.parent ? [model.parent] : []), ...model.parts]
  return (
    <div className="lineage">
      <ul className="stack-2">
        {model.version && (
          <li>
            <Link to={`/projects/${model.project}/versions`} className="lineage-node">
              <Layers size={16} aria-hidden />
              <span className="grow">
                <strong className="truncate">
                  {model.version.name || t('registry.version', { number: model.version.number })}
                </strong>
                <span className="small muted num">
                  v{model.version.number}
                  {model.labelled_count > 0 &&
                    ` · ${t('registry.images', { count: model.labelled_count, number: integer(model.labelled_count, i18n.language) })}`}
                </span>
              </span>
            </Link>
          </li>
        )}
        {before.map((one) => (
          <li key={one.id}>
            <Link to={`/projects/${model.project}/models/${one.id}`} className="lineage-node">
              <Boxes size={16} aria-hidden />
              <span className="grow">
                <strong className="truncate">{name(one)}</strong>
                <span className="small muted num">
                  #{one.number} · {model.parent?.id === one.id ? t('lineage.parent') : t('lineage.part')}
                </span>
              </span>
            </Link>
          </li>
        ))}
        {!model.version && before.length === 0 && <li className="muted small">{t('lineage.brought')}</li>}
        {model.version && before.length === 0 && (
          <li className="muted small">
            {t(`lineage.weights.${typeof weights === 'string' ? weights : 'scratch'}`, '')}
          </li>
        )}
      </ul>
      <ArrowRight size={18} aria-hidden className="lineage-arrow" />
      <div className="lineage-node" data-here>
        <Boxes size={16} aria-hidden />
        <span className="grow">
          <strong className="truncate">{name(model)}</strong>
          <span className="small muted num">#{model.number}</span>
        </span>
      </div>
    </div>
  )
}
