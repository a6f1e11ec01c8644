/** What must be told above the canvas: read-only, returned with a comment, conflicts, refused objects. */
import { CircleAlert, HardDrive, Lock, MessageSquareText, Users } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import type { ImageItem } from '@/sync/api'
import type { Conflict } from '@/sync/merge'
import type { SaveState } from '@/sync/queue'
import { Button } from '@/ui/kit/Button'

import type { Opened } from './open'
import type { EditorSession } from './session'
import { usePart, useSaveState } from './use'
import type { Workflow } from './workflow'

interface BannersProps {
  readonly opened: Opened
  readonly image: ImageItem
  readonly workflow: Workflow
}

export function Banners({ opened, image, workflow }: BannersProps) {
  const { session } = opened
  const conflicts = usePart(session.view, (view) => view.conflicts)
  const imageFailed = usePart(session.view, (view) => view.imageFailed)
  const readOnly = usePart(session.state, (state) => state.readOnly)
  const save = useSaveState(opened)
  const { t } = useTranslation('editor')
  const [refused] = save.problems.keys()
  const closed = image.status === 'submitted' || image.status === 'accepted'
  return (
    <div className="banners">
      {imageFailed && (
        <Banner tone="danger" icon={<CircleAlert size={17} aria-hidden />} title={t('imageFailed')} />
      )}
      <JournalBanner save={save} />
      {save.serverFull && (
        <Banner
          tone="danger"
          icon={<HardDrive size={17} aria-hidden />}
          title={t('serverFull')}
          text={t('serverFull.text', { count: save.pending })}
        />
      )}
      {save.blocked !== null && save.blocked !== 'signed-out' && (
        <Banner
          tone="warning"
          icon={<Lock size={17} aria-hidden />}
          title={t(`blocked.${save.blocked}`, { count: save.pending })}
          action={
            save.blocked === 'image-closed' && workflow.canReopen ? <Reopen workflow={workflow} /> : null
          }
        />
      )}
      {(readOnly || (workflow.canReopen && !workflow.canReview)) && save.blocked === null && (
        <Banner
          tone="neutral"
          icon={<Lock size={17} aria-hidden />}
          title={closed ? t(readOnly ? `closed.${image.status}` : 'closed.reviewer') : t('readOnly')}
          action={workflow.canReopen ? <Reopen workflow={workflow} /> : null}
        />
      )}
      {image.status === 'returned' && image.review_comment !== '' && (
        <Banner
          tone="warning"
          icon={<MessageSquareText size={17} aria-hidden />}
          title={t('returned')}
          text={image.review_comment}
        />
      )}
      {conflicts.slice(0, 1).map((conflict) => (
        <ConflictBanner
          key={`${conflict.id}/${conflict.copy ?? ''}`}
          session={session}
          conflict={conflict}
          count={conflicts.length}
        />
      ))}
      {refused !== undefined && (
        <Banner
          tone="danger"
          icon={<CircleAlert size={17} aria-hidden />}
          title={t('problems', { count: save.problems.size })}
          text={save.problems.get(refused) ?? ''}
          action={
            <Button size="sm" onClick={() => showObjects(session, [...save.problems.keys()])}>
              {t('showThem')}
            </Button>
          }
        />
      )}
    </div>
  )
}

/** Unsent changes that only this tab holds must not be lost by closing it unawares. */
function JournalBanner({ save }: { readonly save: SaveState }) {
  const { t } = useTranslation('editor')
  if (save.journal === 'kept' || (save.pending === 0 && save.journal !== 'full')) return null
  return (
    <Banner
      tone={save.pending > 0 ? 'danger' : 'warning'}
      icon={<HardDrive size={17} aria-hidden />}
      title={t(`journal.${save.journal}`)}
      text={save.pending > 0 ? t('journal.pending', { count: save.pending }) : ''}
    />
  )
}

function showObjects(session: EditorSession, ids: readonly string[]): void {
  session.tools.use('select')
  session.state.set({ selection: new Set(ids.filter((id) => session.store.has(id))), vertices: [] })
  session.tools.zoomToSelection()
}

function Reopen({ workflow }: { readonly workflow: Workflow }) {
  const { t } = useTranslation('editor')
  return (
    <Button size="sm" busy={workflow.busy} onClick={workflow.reopen}>
      {t('reopen')}
    </Button>
  )
}

interface ConflictBannerProps {
  readonly session: EditorSession
  readonly conflict: Conflict
  readonly count: number
}

function ConflictBanner({ session, conflict, count }: ConflictBannerProps) {
  const { t } = useTranslation('editor')
  const what = conflict.mine === null ? 'iDeleted' : conflict.theirs === null ? 'theyDeleted' : 'bothChanged'
  const settle = (keep: 'mine' | 'theirs' | 'both') => session.settleConflict(conflict, keep)
  return (
    <Banner
      tone="warning"
      icon={<Users size={17} aria-hidden />}
      title={count > 1 ? t('conflict.count', { count }) : t('conflict.title')}
      text={t(`conflict.${what}`)}
      action={
        <span className="row">
          <Button
            size="sm"
            variant="ghost"
            onClick={() => showObjects(session, [conflict.id, conflict.copy ?? ''])}
          >
            {t('showThem')}
          </Button>
          <Button size="sm" onClick={() => settle('mine')}>
            {t(conflict.mine === null ? 'conflict.delete' : 'conflict.mine')}
          </Button>
          {conflict.copy !== null && conflict.theirs !== null && (
            <Button size="sm" onClick={() => settle('both')}>
              {t('conflict.both')}
            </Button>
          )}
          <Button size="sm" onClick={() => settle('theirs')}>
            {t('conflict.theirs')}
          </Button>
        </span>
      }
    />
  )
}

interface BannerProps {
  readonly tone: 'neutral' | 'warning' | 'danger'
  readonly icon: ReactNode
  readonly title: string
  readonly text?: string
  readonly action?: ReactNode
}

function Banner({ tone, icon, title, text, action }: BannerProps) {
  return (
    <div className="banner" data-tone={tone} role={tone === 'neutral' ? 'status' : 'alert'}>
      {icon}
      <div className="grow">
        <strong>{title}</strong>
        {text !== undefined && text !== '' && <p className="pre-line">{text}</p>}
      </div>
      {action}
    </div>
  )
}
