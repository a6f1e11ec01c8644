/** What the tool in hand can be told, and how to use it, in one line. */
import { useTranslation } from 'react-i18next'

import { OverlapSwitch } from '../operations/OverlapSwitch'
import { usePart } from '../use'
import { ProposalActions } from './assist/ProposalActions'
import { OPTIONS, type OptionsProps } from './options'

export function ToolOptions({ session }: OptionsProps) {
  const { t } = useTranslation('editor')
  const tool = usePart(session.state, (state) => state.tool)
  const proposal = usePart(session.state, (state) => state.proposal)
  const Options = OPTIONS[tool]
  return (
    <div className="tool-options" key={tool}>
      <strong>{t(`tool.${tool}`)}</strong>
      {Options && <Options session={session} />}
      <OverlapSwitch session={session} />
      {proposal ? (
        <ProposalActions session={session} proposal={proposal} />
      ) : (
        <span className="tool-tip" title={t(`tip.${tool}`)}>
          {t(`tip.${tool}`)}
        </span>
      )}
    </div>
  )
}
