/** One thread: its first comment, and when it is open its replies, answering, resolving, changing and deleting. */
import { Check, MessageSquare, Pencil, RotateCcw, Shapes, Trash2 } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { personName } from '@/sync/api'
import type { CommentReply, CommentThread } from '@/sync/togetherApi'
import { Avatar, Badge } from '@/ui/kit/Bits'
import { Button, IconButton } from '@/ui/kit/Button'
import { ago, dateTime } from '@/ui/kit/format'

import type { CommentsProps } from './CommentsPanel'
import { Composer } from './Composer'
import type { useChangeComments } from './useComments'

interface ThreadProps extends CommentsProps {
  readonly thread: CommentThread
  readonly number: number
  readonly open: boolean
  readonly change: ReturnType<typeof useChangeComments>
  readonly onToggle: () => void
}

export function Thread(props: ThreadProps) {
  const { thread, number, open, writes, change, onToggle } = props
  const { t } = useTranslation('together')
  const row = useRef<HTMLLIElement>(null)
  useEffect(() => {
    if (open) row.current?.scrollIntoView({ block: 'nearest' })
  }, [open])
  const resolved = thread.resolved !== null
  return (
    <li ref={row} className="thread" data-open={open} data-resolved={resolved}>
      <button type="button" className="thread-head" aria-expanded={open} onClick={onToggle}>
        <span className="thread-number num" data-pinned={thread.point !== null}>
          {number}
        </span>
        <Said comment={thread} clamp={!open} />
        <Marks thread={thread} open={open} />
      </button>
      {open && (
        <div className="thread-body">
          <Owned {...props} comment={thread} />
          {thread.replies.map((reply) => (
            <div key={reply.id} className="thread-reply">
              <Said comment={reply} clamp={false} />
              <Owned {...props} comment={reply} />
            </div>
          ))}
          {resolved && (
            <p className="small muted">{t('thread.resolvedBy', { name: personName(thread.resolved_by) })}</p>
          )}
          {writes && (
            <>
              <Composer
                label={t('thread.reply')}
                action={t('thread.reply')}
                onSend={(text) => change.mutateAsync({ kind: 'reply', thread: thread.id, text })}
              />
              <Button
                size="sm"
                icon={resolved ? <RotateCcw size={15} aria-hidden /> : <Check size={15} aria-hidden />}
                onClick={() => change.mutate({ kind: 'resolve', thread: thread.id, resolved: !resolved })}
              >
                {t(resolved ? 'thread.reopen' : 'thread.resolve')}
              </Button>
            </>
          )}
        </div>
      )}
    </li>
  )
}

function Said({ comment, clamp }: { readonly comment: CommentReply; readonly clamp: boolean }) {
  const { t, i18n } = useTranslation('together')
  const name = comment.author ? personName(comment.author) : t('somebody')
  return (
    <span className="said">
      <span className="said-who">
        <Avatar name={name} />
        <strong className="truncate">{name}</strong>
        <time dateTime={comment.created} title={dateTime(comment.created, i18n.language)}>
          {ago(comment.created, i18n.language)}
        </time>
        {comment.edited !== null && <span className="muted">({t('thread.edited')})</span>}
      </span>
      <span className="said-text" data-clamp={clamp}>
        {comment.text}
      </span>
    </span>
  )
}

function Marks({ thread, open }: { readonly thread: CommentThread; readonly open: boolean }) {
  const { t } = useTranslation('together')
  return (
    <span className="thread-marks">
      {thread.kind === 'return' && <Badge tone="warning">{t('thread.returned')}</Badge>}
      {thread.kind === 'accept' && <Badge tone="success">{t('thread.accepted')}</Badge>}
      {thread.object !== null && (
        <Badge>
          <Shapes size={12} aria-hidden />
          {t('thread.object')}
        </Badge>
      )}
      {thread.resolved !== null && (
        <Badge tone="success">
          <Check size={12} aria-hidden />
          {t('thread.resolved')}
        </Badge>
      )}
      {!open && thread.replies.length > 0 && (
        <Badge>
          <MessageSquare size={12} aria-hidden />
          {t('thread.replies', { count: thread.replies.length })}
        </Badge>
      )}
    </span>
  )
}

/** What may be done with one's own words, or as a manager with anybody's. */
function Owned({ comment, user, writes, manages, change }: ThreadProps & { readonly comment: CommentReply }) {
  const { t } = useTranslation('together')
  const [editing, setEditing] = useState(false)
  const mine = comment.author?.id === user
  if (!writes || (!mine && !manages)) return null
  if (editing)
    return (
      <Composer
        label={t('thread.edit')}
        action={t('common:save')}
        text={comment.text}
        focus
        onSend={async (text) => {
          await change.mutateAsync({ kind: 'edit', id: comment.id, text })
          setEditing(false)
        }}
        onCancel={() => setEditing(false)}
      />
    )
  return (
    <span className="said-actions">
      {mine && (
        <IconButton size="sm" label={t('thread.edit')} onClick={() => setEditing(true)}>
          <Pencil size={14} aria-hidden />
        </IconButton>
      )}
      <IconButton
        size="sm"
        variant="danger-ghost"
        label={t('thread.delete')}
        onClick={() => change.mutate({ kind: 'delete', id: comment.id })}
      >
        <Trash2 size={14} aria-hidden />
      </IconButton>
    </span>
  )
}
