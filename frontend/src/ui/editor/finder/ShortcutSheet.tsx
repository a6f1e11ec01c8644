/** Every key of the editor on one sheet, made from the lists of tools, commands and tools' own keys; to search and print. */
import { Printer } from 'lucide-react'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { IconButton } from '@/ui/kit/Button'
import { Dialog } from '@/ui/kit/Dialog'
import { SearchInput } from '@/ui/kit/Field'

import { isMac, keyLabel } from '../commands/keyLabel'
import { filterSheet, type SheetGroup, sheetGroups, type SheetRow } from './sheetRows'
import './finder.css'

interface SheetProps {
  readonly open: boolean
  readonly onOpenChange: (open: boolean) => void
}

export function ShortcutSheet({ open, onOpenChange }: SheetProps) {
  const { t } = useTranslation('finder')
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={t('sheet')} wide>
      {open && <Sheet />}
    </Dialog>
  )
}

function Sheet() {
  const { t } = useTranslation(['finder', 'editor', 'commands'])
  const [query, setQuery] = useState('')
  const all = useMemo(() => sheetGroups(), [])
  const words = t as Words
  const keysOf = (row: SheetRow) => row.keys.map((chord) => label(chord, words))
  const groups = filterSheet(all, query, (row) => [nameOf(row, words), ...keysOf(row)].join(' '))
  return (
    <>
      <div className="row sheet-tools">
        <SearchInput label={t('finder:searchKeys')} value={query} onValue={setQuery} />
        <IconButton label={t('finder:print')} onClick={() => window.print()}>
          <Printer size={18} aria-hidden />
        </IconButton>
      </div>
      {groups.length === 0 && <p className="muted">{t('finder:nothing')}</p>}
      <div className="shortcut-sheet">
        {groups.map((group) => (
          <section key={group.area + group.name}>
            <h3>{titleOf(group, words)}</h3>
            <dl>
              {group.rows.map((row) => (
                <div key={row.name + row.keys.join()} className="spread">
                  <dt>{nameOf(row, words)}</dt>
                  <dd>
                    {keysOf(row).map((key) => (
                      <kbd key={key}>{key}</kbd>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </>
  )
}

type Words = (key: string) => string

function titleOf(group: SheetGroup, t: Words): string {
  if (group.area === 'tools') return t('editor:tools')
  return group.area === 'own' ? t(`finder:group.${group.name}`) : t(`commands:group.${group.name}`)
}

function nameOf(row: SheetRow, t: Words): string {
  if (row.area === 'tools') return t(`editor:tool.${row.name}`)
  return row.area === 'own' ? t(`finder:own.${row.name}`) : t(`commands:${row.name}`)
}

function label(chord: string, t: Words): string {
  if (chord.startsWith('mouse.')) return t(`finder:mouse.${chord.slice(6)}`)
  return keyLabel(chord, { mac: isMac(), space: t('editor:key.space') })
}
