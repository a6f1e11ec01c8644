/** How many pixels no object covers; a menu to find and fill them. Counted in a worker, so it never costs a frame. */
import { useEffect, useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'

import { Menu, MenuItem } from '@/ui/kit/Menu'

import type { CommandContext } from '../commands/command'
import './operations.css'
import { useCommands } from './useCommands'

const LINES = ['nextUnlabelled', 'nearestUnlabelled', 'fillRegion', 'fillRest']

export function UnlabelledCounter({ context }: { readonly context: CommandContext }) {
  const { t, i18n } = useTranslation('operations')
  const { session } = context
  const { unlabelled } = session
  useEffect(() => {
    let gone = false
    // The first picture has the right of way.
    void session.whenSettled().then(() => !gone && unlabelled.begin(session.store.records.values()))
    return () => {
      gone = true
    }
  }, [session, unlabelled])
  const count = useSyncExternalStore(unlabelled.subscribe, unlabelled.get)
  const command = useCommands(context)
  if (count === null) return null
  const { width, height } = session.given.document
  const number = new Intl.NumberFormat(i18n.language)
  const share = new Intl.NumberFormat(i18n.language, { style: 'percent', maximumFractionDigits: 1 })
  return (
    <Menu
      align="start"
      trigger={
        <button type="button" className="unlabelled" data-none={count === 0} data-testid="unlabelled">
          {count === 0
            ? t('allLabelled')
            : t('unlabelled', {
                count,
                number: number.format(count),
                share: share.format(count / (width * height)),
              })}
        </button>
      }
    >
      {LINES.map(command).map(({ id, name, keys, enabled, run }) => (
        <MenuItem key={id} disabled={!enabled || count === 0} onSelect={run}>
          <span className="grow">{name}</span>
          {keys !== undefined && <kbd className="menu-keys">{keys}</kbd>}
        </MenuItem>
      ))}
    </Menu>
  )
}
