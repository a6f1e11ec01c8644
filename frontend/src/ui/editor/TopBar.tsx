/** The bar above the canvas: where I am, the save state, undo and redo, zoom, and what can be done with the image. */
import {
  ArrowLeft,
  Check,
  ChevronLeft,
  ChevronRight,
  Keyboard,
  PanelRightClose,
  PanelRightOpen,
  Redo2,
  Search,
  Send,
  Undo2,
} from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import type { ImageItem } from '@/sync/api'
import type { Neighbours } from '@/sync/documentApi'
import { StatusBadge } from '@/ui/kit/Bits'
import { Button, IconButton } from '@/ui/kit/Button'

import type { Opened } from './open'
import { ReasonChip } from './prelabels/ReasonChip'
import { SaveBadge } from './SaveBadge'
import type { EditorSession } from './session'
import { PresenceBar } from './together/PresenceBar'
import { useHistory, usePart, useSaveState } from './use'
import { ViewMenu } from './ViewMenu'
import { PhotoMenu } from './view/PhotoMenu'
import type { Workflow } from './workflow'
import { ZoomMenu } from './ZoomMenu'

interface TopBarProps {
  readonly opened: Opened
  readonly image: ImageItem
  readonly neighbours: Neighbours | undefined
  readonly workflow: Workflow
  readonly backTo: string
  readonly onNext: () => void
  readonly onPrevious: () => void
  readonly onShortcuts: () => void
  readonly onPalette: () => void
  readonly project: string
}

export function TopBar(props: TopBarProps) {
  const { opened, image, neighbours, workflow } = props
  const { t } = useTranslation('editor')
  const { session, queue } = opened
  const conflicts = usePart(session.view, (view) => view.conflicts)
  const save = useSaveState(opened)
  const history = useHistory(session)
  return (
    <header className="editor-bar">
      <Link to={props.backTo} className="btn btn-ghost btn-icon" aria-label={t('back')}>
        <ArrowLeft size={18} aria-hidden />
      </Link>
      <div className="image-title">
        <h1 className="truncate" title={image.name}>
          {image.name}
        </h1>
        <StatusBadge status={image.status} />
        <ReasonChip session={session} image={image} />
      </div>
      <SaveBadge state={save} conflicts={conflicts.length} onRetry={() => queue.resume()} />
      <PresenceBar together={opened.together} />
      <span className="bar-gap" />
      <div className="row bar-group">
        <IconButton
          label={`${t('undo')} (Ctrl+Z)`}
          disabled={!history.canUndo}
          onClick={() => session.tools.undo()}
        >
          <Undo2 size={18} aria-hidden />
        </IconButton>
        <IconButton
          label={`${t('redo')} (Ctrl+Shift+Z)`}
          disabled={!history.canRedo}
          onClick={() => session.tools.redo()}
        >
          <Redo2 size={18} aria-hidden />
        </IconButton>
      </div>
      <ZoomMenu session={session} />
      <ViewMenu session={session} />
      <PhotoMenu session={session} project={props.project} />
      <IconButton label={`${t('palette')} (Ctrl+K)`} onClick={props.onPalette}>
        <Search size={18} aria-hidden />
      </IconButton>
      <SideButton session={session} />
      <IconButton label={`${t('shortcuts')} (?)`} className="wide-only" onClick={props.onShortcuts}>
        <Keyboard size={18} aria-hidden />
      </IconButton>
      <div className="row bar-group">
        <IconButton
          label={`${t('previous')} (PageUp)`}
          disabled={!neighbours?.previous}
          onClick={props.onPrevious}
        >
          <ChevronLeft size={18} aria-hidden />
        </IconButton>
        <span className="small num muted position">
          {neighbours ? `${neighbours.position} / ${neighbours.count}` : '–'}
        </span>
        <IconButton
          label={`${t('next')} (PageDown)`}
          disabled={!neighbours?.next && !workflow.queue}
          onClick={props.onNext}
        >
          <ChevronRight size={18} aria-hidden />
        </IconButton>
      </div>
      <Actions workflow={workflow} />
    </header>
  )
}

function SideButton({ session }: { readonly session: EditorSession }) {
  const { t } = useTranslation('view')
  const side = usePart(session.options, (options) => options.side)
  return (
    <IconButton
      label={`${t('side')} (Ctrl+B)`}
      aria-pressed={side}
      onClick={() => session.options.set({ side: !side })}
    >
      {side ? <PanelRightClose size={18} aria-hidden /> : <PanelRightOpen size={18} aria-hidden />}
    </IconButton>
  )
}

function Actions({ workflow }: { readonly workflow: Workflow }) {
  const { t } = useTranslation('editor')
  const { canSubmit, canReview, busy } = workflow
  if (canReview)
    return (
      <div className="row">
        <Button disabled={busy} onClick={workflow.startReturn}>
          {t('return')}
        </Button>
        <Button
          variant="primary"
          busy={busy}
          icon={<Check size={16} aria-hidden />}
          onClick={workflow.accept}
        >
          {t('accept')}
        </Button>
      </div>
    )
  if (!canSubmit) return null
  return (
    <Button
      variant="primary"
      busy={busy}
      icon={<Send size={16} aria-hidden />}
      onClick={() => workflow.submit()}
    >
      {t('submit')}
    </Button>
  )
}
