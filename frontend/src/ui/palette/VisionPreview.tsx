/** The whole palette as people with each kind of colour vision see it, and which classes are hard to tell apart. */
import { Eye, TriangleAlert } from 'lucide-react'
import { useTranslation } from 'react-i18next'

import type { DraftClass } from './model'
import { alikePairs, seenAs, VISIONS } from './vision'

const MAX_TOLD = 3

export function VisionPreview({ drafts }: { readonly drafts: readonly DraftClass[] }) {
  const { t } = useTranslation('palette')
  if (drafts.length === 0) return null
  const pairs = alikePairs(drafts.map((draft) => draft.colour))
  return (
    <section className="vision" aria-label={t('vision.title')}>
      <h3 className="row small">
        <Eye size={16} aria-hidden />
        {t('vision.title')}
      </h3>
      <div className="vision-rows">
        {VISIONS.map((vision) => (
          <div key={vision} className="vision-row">
            <span className="small muted">{t(`vision.${vision}`)}</span>
            <div className="vision-strip" aria-hidden>
              {drafts.map((draft) => (
                <span
                  key={draft.key}
                  style={{ background: seenAs(draft.colour, vision) }}
                  title={draft.name}
                />
              ))}
            </div>
          </div>
        ))}
      </div>
      {pairs.length > 0 && (
        <ul className="vision-warnings" role="status">
          {pairs.slice(0, MAX_TOLD).map((pair) => (
            <li key={`${pair.first}-${pair.second}`}>
              <TriangleAlert size={14} aria-hidden />
              {t('vision.alike', {
                first: drafts[pair.first]?.name ?? '',
                second: drafts[pair.second]?.name ?? '',
                vision: t(`vision.${pair.vision}`).toLowerCase(),
              })}
            </li>
          ))}
          {pairs.length > MAX_TOLD && <li>{t('vision.more', { count: pairs.length - MAX_TOLD })}</li>}
        </ul>
      )}
    </section>
  )
}
