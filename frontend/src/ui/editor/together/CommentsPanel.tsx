/** The comments of the image: what is open first, a thread to read and answer, and a new one to write. */
import { CircleCheck, MapPin, MessageSquarePlus, Shapes } from 'lucide-react'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { CommentThread } from '@/sync/togetherApi'
import { Button } from '@/ui/kit/Button'
import { Segmented } from '@/ui/kit/Field'

import type { Opened } from '../open'
import { useObservable } from '../use'
import { Composer } from './Composer'
import { showPlace } from './place'
import { Thread } from './Thread'
import { useChangeComments } from './useComments'

export interface CommentsProps {
  readonly opened: Opened
  readonly image: string
  readonly threads: readonly CommentThread[]
  /** May write; viewers only read. */
  readonly writes: boolean
  /** May delete what others wrote. */
  readonly manages: boolean
  readonly user: string
}

export function CommentsPanel(props: CommentsProps) {
  const { opened, image, threads, writes } = props
  const { together } = opened
  const { t } = useTranslation('together')
  const { draft, thread: chosen, placing } = useObservable(together)
  const [shown, setShown] = useState<'open' | 'all'>('open')
  const change = useChangeComments(image)
  const numbered = useMemo(() => threads.map((thread, at) => ({ thread, number: at + 1 })), [threads])
  const listed = numbered
    .filter(({ thread }) => shown === 'all' || thread.resolved === null || thread.id === chosen)
    .reverse()
  const write = async (text: string) => {
    if (!draft) return
    // An object that was drawn just now must be on the server before anything can hang on it.
    if (draft.object !== null) await opened.queue.flush()
    const { point, object } = draft
    await change.mutateAsync({
      kind: 'new',
      comment: { text, ...(point ? { point } : {}), ...(object === null ? {} : { object }) },
    })
    together.set({ draft: null })
  }
  return (
    <section className="side-panel" aria-label={t('comments.title')}>
      <div className="side-tools">
        <Segmented
          label={t('comments.shown')}
          value={shown}
          choices={[
            { value: 'open', label: t('comments.open') },
            { value: 'all', label: t('comments.all') },
          ]}
          onValue={setShown}
        />
        {writes && (
          <Button
            size="sm"
            icon={<MapPin size={15} aria-hidden />}
            aria-pressed={placing}
            onClick={() => together.set({ placing: !placing, draft: null })}
          >
            {t('comments.pin')}
          </Button>
        )}
      </div>
      {placing && <p className="side-note">{t('comments.placing')}</p>}
      {draft && (
        <div className="comment-draft">
          <p className="comment-place">
            {draft.object !== null ? <Shapes size={14} aria-hidden /> : <MapPin size={14} aria-hidden />}
            {t(`place.${draft.object !== null ? 'object' : draft.point ? 'point' : 'image'}`)}
          </p>
          <Composer
            label={t('comments.write')}
            action={t('comments.send')}
            focus
            onSend={write}
            onCancel={() => together.set({ draft: null })}
          />
        </div>
      )}
      {listed.length === 0 && !draft ? (
        <div className="side-empty">
          <CircleCheck size={28} aria-hidden />
          <p>{t(threads.length === 0 ? 'comments.none' : 'comments.allResolved')}</p>
        </div>
      ) : (
        <ol className="thread-list">
          {listed.map(({ thread, number }) => (
            <Thread
              key={thread.id}
              {...props}
              thread={thread}
              number={number}
              open={thread.id === chosen}
              change={change}
              onToggle={() => {
                const opens = thread.id !== chosen
                together.set({ thread: opens ? thread.id : null })
                if (opens) showPlace(opened.session, thread)
              }}
            />
          ))}
        </ol>
      )}
      {writes && !draft && (
        <div className="side-foot">
          <Button
            size="sm"
            variant="ghost"
            icon={<MessageSquarePlus size={15} aria-hidden />}
            onClick={() => together.set({ draft: { point: null, object: null }, placing: false })}
          >
            {t('comments.onImage')}
          </Button>
        </div>
      )}
    </section>
  )
}
