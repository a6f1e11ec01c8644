/** Says to screen readers what is seen elsewhere: the tool, what is selected, saving, where the keyboard's pointer is. */
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { Opened } from './open'
import { useClassName } from './prelabels/PrelabelList'
import { useObservable, usePart, useSaveState } from './use'

/** Where the pointer is, is said when it has stopped. */
const CALM_MS = 500

export function Announcer({ opened }: { readonly opened: Opened }) {
  const { session } = opened
  const { t } = useTranslation(['view', 'editor'])
  const tool = usePart(session.state, (state) => state.tool)
  const solo = usePart(session.state, (state) => state.solo !== null)
  const save = useSaveState(opened)
  return (
    <>
      <Said
        text={`${t('view:said.tool', { tool: t(`editor:tool.${tool}`) })}${solo ? ` ${t('view:said.solo')}` : ''}`}
      />
      <Selection opened={opened} />
      <Proposal opened={opened} />
      <Said text={t(`editor:save.${save.kind}`, { count: save.pending })} />
      <Pointer opened={opened} />
    </>
  )
}

/** Said when it changes, not when it first appears. */
function Said({ text }: { readonly text: string }) {
  const [first] = useState(text)
  const [changed, setChanged] = useState(false)
  if (!changed && text !== first) setChanged(true)
  return (
    <p className="visually-hidden" role="status">
      {changed ? text : ''}
    </p>
  )
}

function Selection({ opened: { session } }: { readonly opened: Opened }) {
  const { t } = useTranslation(['view', 'editor'])
  const selection = usePart(session.state, (state) => state.selection)
  const classes = usePart(session.state, (state) => state.classes)
  const [only] = selection
  const record = selection.size === 1 && only !== undefined ? session.store.get(only) : undefined
  if (selection.size === 0) return <Said text={t('view:said.none')} />
  if (!record) return <Said text={t('view:said.selected', { count: selection.size })} />
  const name = classes.find((item) => item.index === record.classIndex)?.name ?? t('editor:void')
  return <Said text={t('view:said.one', { name, kind: t(`editor:kind.${record.kind}`) })} />
}

/** The proposal in hand, and how many are left. */
function Proposal({ opened: { session } }: { readonly opened: Opened }) {
  const { t } = useTranslation('prelabels')
  const nameOf = useClassName(session)
  const { chosen, above } = useObservable(session.review.state)
  const proposal = chosen === null ? undefined : session.review.get(chosen)
  if (!proposal) return <Said text="" />
  const name = nameOf(proposal.record.classIndex)
  const text = t('said', { name, percent: Math.round(proposal.score * 100), count: above })
  return <Said text={text} />
}

function Pointer({ opened: { session } }: { readonly opened: Opened }) {
  const { t } = useTranslation('view')
  const { on, at, pressed } = useObservable(session.keyboard.state)
  const [calm, setCalm] = useState('')
  const now = on
    ? `${t('said.at', { x: at.x, y: at.y })}${pressed ? ` ${t('said.pressed')}` : ''}`
    : t('said.off')
  useEffect(() => {
    const timer = setTimeout(() => setCalm(now), CALM_MS)
    return () => clearTimeout(timer)
  }, [now])
  return <Said text={calm} />
}
