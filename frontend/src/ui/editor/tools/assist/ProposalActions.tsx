/** What can be done with a proposal: accept it in one of three ways, drop it, or ask again after a failure. */
import { Brush, Check, LoaderCircle, Minus, Pentagon, Plus, RotateCw, X } from 'lucide-react'
import { useTranslation } from 'react-i18next'

import type { ProposalStatus } from '@/tools/assist/settings'
import { Button, IconButton } from '@/ui/kit/Button'
import { Segmented } from '@/ui/kit/Field'

import { usePart } from '../../use'
import type { OptionsProps } from '../options'

interface ActionsProps extends OptionsProps {
  readonly proposal: ProposalStatus
}

export function ProposalActions({ session, proposal }: ActionsProps) {
  const { t } = useTranslation('assists')
  const { busy, failure, coarse, replaces } = proposal
  const drop = () => session.tools.key({ key: 'Escape', shift: false, alt: false, mod: false })
  return (
    <span className="proposal-actions" onMouseDown={(event) => event.preventDefault()}>
      {busy && <LoaderCircle size={16} className="spin assist-busy" role="img" aria-label={t('busy')} />}
      {coarse && (
        <span className="muted" title={t('coarseHelp')}>
          {t('coarse')}
        </span>
      )}
      {failure === null ? (
        <Takes session={session} proposal={proposal} />
      ) : (
        <>
          <span className="assist-failure" title={t(`hint.${failure}`)}>
            {t('failed')}
          </span>
          <Button
            size="sm"
            variant="primary"
            icon={<RotateCw size={14} />}
            onClick={() => press(session, {})}
          >
            {t('again')}
          </Button>
        </>
      )}
      {!replaces && <KindChoice session={session} />}
      <IconButton size="sm" label={t('drop')} onClick={drop}>
        <X size={16} aria-hidden />
      </IconButton>
    </span>
  )
}

/** As the keys do: Enter, with Shift, with Alt. */
function press(session: OptionsProps['session'], held: { shift?: true; alt?: true }): void {
  session.tools.key({ key: 'Enter', shift: false, alt: false, mod: false, ...held })
}

function Takes({ session, proposal: { ready, busy, replaces } }: ActionsProps) {
  const { t } = useTranslation('assists')
  const one = usePart(session.state, (state) => state.selection.size === 1)
  const off = !ready || busy
  return (
    <>
      <Button
        size="sm"
        variant="primary"
        disabled={off}
        icon={<Check size={14} aria-hidden />}
        onClick={() => press(session, {})}
      >
        {replaces ? t('replace') : t('accept')}
      </Button>
      <IconButton
        size="sm"
        label={t('addTo')}
        disabled={off || !one}
        onClick={() => press(session, { shift: true })}
      >
        <Plus size={16} aria-hidden />
      </IconButton>
      <IconButton
        size="sm"
        label={t('takeFrom')}
        disabled={off || !one}
        onClick={() => press(session, { alt: true })}
      >
        <Minus size={16} aria-hidden />
      </IconButton>
    </>
  )
}

function KindChoice({ session }: OptionsProps) {
  const { t } = useTranslation('assists')
  const kind = usePart(session.state, (state) => state.proposalKind)
  return (
    <Segmented
      label={t('kind')}
      value={kind}
      choices={[
        { value: 'mask', label: <Brush size={14} aria-hidden />, name: t('kind.mask') },
        { value: 'polygon', label: <Pentagon size={14} aria-hidden />, name: t('kind.polygon') },
      ]}
      onValue={(next) => session.state.set({ proposalKind: next })}
    />
  )
}
