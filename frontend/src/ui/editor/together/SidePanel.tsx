/** The right side of the editor: objects, pre-labels, comments, history. Which tab is open follows the person. */
import { History, MessageSquare, Shapes, Sparkles } from 'lucide-react'
import { Tabs } from 'radix-ui'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import type { CommentThread } from '@/sync/togetherApi'
import type { SideTab } from '@/ui/app/preferenceKeys'
import { usePreference } from '@/ui/app/usePreference'

import type { Opened } from '../open'
import { useObservable, usePart } from '../use'
import { ComparePanel } from './ComparePanel'
import { CommentsPanel } from './CommentsPanel'
import { HistoryPanel } from './HistoryPanel'

interface SideProps {
  readonly opened: Opened
  readonly image: string
  readonly threads: readonly CommentThread[]
  readonly writes: boolean
  readonly manages: boolean
  readonly user: string
  /** The panels of the objects, and that of a model's proposals. */
  readonly children: ReactNode
  readonly prelabels: ReactNode
}

export function SidePanel(props: SideProps) {
  const { opened, image, threads, children } = props
  const document = opened.session.given.document.id
  const { t } = useTranslation('together')
  const [side, setSide] = usePreference('editor.side')
  const { compared } = useObservable(opened.together)
  const open = threads.filter((thread) => thread.resolved === null).length
  const proposed = usePart(opened.session.review.state, (state) => state.above)
  const tab = (value: SideTab, icon: ReactNode, count: number, counted = t('tab.unresolved')) => (
    <Tabs.Trigger value={value} className="side-tab" title={t(`tab.${value}`)}>
      {icon}
      <span className="side-tab-name">{t(`tab.${value}`)}</span>
      {count > 0 && (
        <span className="side-tab-count num">
          {count}
          <span className="visually-hidden"> {counted}</span>
        </span>
      )}
    </Tabs.Trigger>
  )
  return (
    <aside className="editor-side">
      <Tabs.Root
        className="side-tabs"
        value={side.tab}
        onValueChange={(value) => setSide({ ...side, tab: value as SideTab })}
      >
        <Tabs.List className="side-tab-list" aria-label={t('tabs')}>
          {tab('objects', <Shapes size={15} aria-hidden />, 0)}
          {tab('prelabels', <Sparkles size={15} aria-hidden />, proposed, t('tab.proposed'))}
          {tab('comments', <MessageSquare size={15} aria-hidden />, open)}
          {tab('history', <History size={15} aria-hidden />, 0)}
        </Tabs.List>
        <Tabs.Content value="objects" className="side-content" tabIndex={-1}>
          {children}
        </Tabs.Content>
        <Tabs.Content value="prelabels" className="side-content" tabIndex={-1}>
          {props.prelabels}
        </Tabs.Content>
        <Tabs.Content value="comments" className="side-content" tabIndex={-1}>
          <CommentsPanel key={image} {...props} />
        </Tabs.Content>
        <Tabs.Content value="history" className="side-content" tabIndex={-1}>
          {compared ? (
            <ComparePanel key={document} opened={opened} compared={compared} image={image} />
          ) : (
            <HistoryPanel key={document} opened={opened} />
          )}
        </Tabs.Content>
      </Tabs.Root>
    </aside>
  )
}
