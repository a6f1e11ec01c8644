/** Who else has this image open, in the top bar; and that two people draw at once. */
import { useTranslation } from 'react-i18next'

import { personName } from '@/sync/api'
import { Avatar } from '@/ui/kit/Bits'
import { Tooltip } from '@/ui/kit/Tooltip'

import { usePart } from '../use'
import type { Together } from './state'

const SHOWN = 3

export function PresenceBar({ together }: { readonly together: Together }) {
  const { t } = useTranslation('together')
  const others = usePart(together, (state) => state.others)
  const editing = others.find((other) => other.editing && other.same_document)
  const more = others.length - SHOWN
  const says = (other: (typeof others)[number]) =>
    t(other.editing ? 'here.editing' : 'here.is', { name: personName(other.person) })
  return (
    <div className="presence" role="status" data-testid="presence">
      {others.length > 0 && (
        <ul className="presence-people" aria-label={t('here.title')}>
          {others.slice(0, SHOWN).map((other) => (
            <li key={other.person.id}>
              <Tooltip text={says(other)} side="bottom">
                <span className="presence-person" data-editing={other.editing} tabIndex={0}>
                  <Avatar name={personName(other.person)} />
                  <span className="visually-hidden">{says(other)}</span>
                </span>
              </Tooltip>
            </li>
          ))}
          {more > 0 && (
            <li>
              <Tooltip text={others.slice(SHOWN).map(says).join(', ')} side="bottom">
                <span className="presence-person presence-more num" tabIndex={0}>
                  +{more}
                </span>
              </Tooltip>
            </li>
          )}
        </ul>
      )}
      {editing && (
        <Tooltip text={t('here.merges')} side="bottom">
          <span className="presence-note" tabIndex={0}>
            {t('here.too', { name: personName(editing.person) })}
          </span>
        </Tooltip>
      )}
    </div>
  )
}
