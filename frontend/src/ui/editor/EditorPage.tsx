/** The editor's page: loads one image with its project and document, and lays out bar, tools, canvas and panels. */
import { useQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { memo, useEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation, useParams } from 'react-router'

import { ImageLoader } from '@/render/imageLoader'
import type { ImageItem, Project } from '@/sync/api'
import { getImage, type Neighbours } from '@/sync/documentApi'
import type { SaveState } from '@/sync/queue'
import { PageSkeleton } from '@/ui/app/PageSkeleton'
import { can, keys, useMe, useProject } from '@/ui/app/queries'
import { ProblemNotice } from '@/ui/kit/Problem'
import { useToast } from '@/ui/kit/Toast'

import { Announcer } from './Announcer'
import { Banners } from './Banners'
import { Canvas } from './Canvas'
import { ClassPanel } from './ClassPanel'
import { useClicksAhead } from './clicksAhead'
import { useClipboard } from './clipboard/useClipboard'
import type { CommandContext } from './commands/command'
import { ReturnDialog, SignInAgain } from './Dialogs'
import './editor.css'
import { CommandPalette } from './finder/CommandPalette'
import { ShortcutSheet } from './finder/ShortcutSheet'
import { useHotkeys } from './hotkeys'
import { ObjectPanel } from './ObjectPanel'
import type { Opened } from './open'
import { Preparing } from './Preparing'
import { MissingDialog } from './MissingDialog'
import { exposeProbe } from './probe'
import { TouchBar } from './pointers/TouchBar'
import './pointers/touchBar.css'
import { ObjectMenu } from './operations/ObjectMenu'
import { PrelabelPanel } from './prelabels/PrelabelPanel'
import './prelabels/prelabels.css'
import { ProposalCard } from './prelabels/ProposalCard'
import { useAcceptNext } from './prelabels/useAcceptNext'
import { useHeat } from './prelabels/useHeat'
import { usePrelabels } from './prelabels/usePrelabels'
import { PropertiesPanel } from './PropertiesPanel'
import { HintPill, StatusLine } from './StatusLine'
import { EditorSettings } from './together/EditorSettings'
import { PreviewBanner } from './together/PreviewStage'
import { isAside } from './together/state'
import { SidePanel } from './together/SidePanel'
import { showTab, StageLayers } from './together/StageLayers'
import { DocumentBanner } from './together/DocumentBanner'
import {
  type OpenDocument,
  useGoToDocument,
  useOpenDocument,
  withoutDocument,
} from './together/useOpenDocument'
import { useThreads } from './together/useComments'
import './together/together.css'
import './together/comments.css'
import './together/history.css'
import './together/compare.css'
import { Filmstrip } from './sequence/Filmstrip'
import './sequence/sequence.css'
import { ToolOptions } from './tools/ToolOptions'
import { ToolRail } from './tools/ToolRail'
import { TopBar } from './TopBar'
import { usePart, useSaveState } from './use'
import { useLate, useOpened } from './useOpened'
import { neighboursOf, usePrefetch } from './usePrefetch'
import { type Travel, useTravel } from './useTravel'
import { KeyboardCursor } from './view/KeyboardCursor'
import { LabelLayer } from './view/LabelLayer'
import { Minimap } from './view/Minimap'
import { PhotoFilter } from './view/PhotoFilter'
import './view/view.css'
import { imageKey, useWorkflow, type Workflow } from './workflow'

const POLL_PREPARING_MS = 1000

/** What is drawn anew only for another document or image: the page is rendered several times on the way to it. */
const Still = {
  ToolRail: memo(ToolRail),
  Canvas: memo(Canvas),
  PhotoFilter: memo(PhotoFilter),
  LabelLayer: memo(LabelLayer),
  KeyboardCursor: memo(KeyboardCursor),
  ProposalCard: memo(ProposalCard),
  Minimap: memo(Minimap),
  ToolOptions: memo(ToolOptions),
  HintPill: memo(HintPill),
  StatusLine: memo(StatusLine),
  TouchBar: memo(TouchBar),
  Filmstrip: memo(Filmstrip),
  ClassPanel: memo(ClassPanel),
  ObjectPanel: memo(ObjectPanel),
  PropertiesPanel: memo(PropertiesPanel),
  Announcer: memo(Announcer),
  ShortcutSheet: memo(ShortcutSheet),
  ObjectMenu: memo(ObjectMenu),
  CommandPalette: memo(CommandPalette),
  EditorSettings: memo(EditorSettings),
}

export default function EditorPage() {
  const { imageId = '' } = useParams()
  const { data: image } = useSuspenseQuery({
    queryKey: imageKey(imageId),
    queryFn: () => getImage(imageId),
    staleTime: 0,
    refetchOnWindowFocus: false,
    // A large image that is being prepared opens by itself.
    refetchInterval: (query) => (query.state.data?.tiles?.state === 'preparing' ? POLL_PREPARING_MS : false),
  })
  const { data: project } = useProject(image.project)
  const me = useMe()
  const loader = useLoader()
  const [user, setUser] = useState(me.data?.user ?? null)
  if (me.data && me.data.user.id !== user?.id) setUser(me.data.user)
  if (!user) return <PageSkeleton />
  if (image.tiles && image.tiles.state !== 'ready')
    return <Preparing image={image} tiles={image.tiles} project={project} />
  return <Editor image={image} project={project} user={user} loader={loader} />
}

/** One image worker for as long as the editor is open, so that the next image is decoded beforehand. */
function useLoader(): ImageLoader {
  const [loader] = useState(() => new ImageLoader(6))
  useEffect(() => () => loader.dispose(), [loader])
  return loader
}

interface EditorProps {
  readonly image: ImageItem
  readonly project: Project
  readonly user: { readonly id: string; readonly email: string }
  readonly loader: ImageLoader
}

function Editor(props: EditorProps) {
  const { image, project, loader } = props
  const { t } = useTranslation('editor')
  const location = useLocation()
  const toast = useToast()
  const target = useOpenDocument(image, project.role, props.user.id)
  const { held, live, error } = useOpened({ ...props, target })
  const opened = live && held ? held.opened : null
  const late = useLate(!live)
  const queue = new URLSearchParams(location.search).get('queue')
  const workflow = useWorkflow({
    image,
    role: project.role,
    queue: queue !== null,
    primary: target.primary,
    opened,
    onUnsaved: () => toast.done(t('unsaved.title'), t('unsaved.text')),
  })
  const filters = queue === null ? withoutDocument(location.search) : ''
  const neighbours = useQuery(neighboursOf(image.id, filters))
  usePrefetch({ next: neighbours.data?.next, filters, opened, loader })
  useClicksAhead({
    image: image.id,
    filters,
    neighbours: neighbours.data,
    opened,
    readOnly: target.readOnly ?? true,
  })
  const travel = useTravel({ image, project, neighbours: neighbours.data, queue, opened })
  if (error) return <Failed error={error} />
  if (!held || late) return <PageSkeleton />
  return (
    <Workspace
      {...props}
      image={live ? image : held.image}
      opened={held.opened}
      live={live}
      target={live ? target : held.target}
      workflow={workflow}
      neighbours={neighbours.data}
      travel={travel}
    />
  )
}

function Failed({ error }: { readonly error: unknown }) {
  return (
    <main className="editor-failed">
      <ProblemNotice error={error} onRetry={() => window.location.reload()} />
    </main>
  )
}

interface WorkspaceProps extends EditorProps {
  readonly opened: Opened
  /** False while another document is being opened: this one is only looked at. */
  readonly live: boolean
  readonly target: OpenDocument
  readonly workflow: Workflow
  readonly neighbours: Neighbours | undefined
  readonly travel: Travel
}

function Workspace(props: WorkspaceProps) {
  const { opened, live, image, project, workflow, neighbours, user, target } = props
  const onDocument = useGoToDocument()
  const { session } = opened
  const client = useQueryClient()
  const { search } = useLocation()
  const [sheet, setSheet] = useState(false)
  const [palette, setPalette] = useState(false)
  const [settings, setSettings] = useState(false)
  const toast = useToast()
  const { onNext, onPrevious, onClaim, onImage } = props.travel
  const [before, setBefore] = useState(opened)
  if (before !== opened) {
    setBefore(opened)
    setSheet(false)
    setPalette(false)
    setSettings(false)
  }
  const side = usePart(session.options, (options) => options.side)
  const save = useSaveState(opened)
  const threads = useThreads(image.id, opened.together)
  const preview = usePart(opened.together, (state) => state.preview)
  const aside = usePart(opened.together, isAside)
  const { canSubmit, submit } = workflow
  const submitNow = useRef(submit)
  useEffect(() => {
    submitNow.current = submit
  })
  const clipboard = useClipboard({ session, project, image })
  const prelabels = usePrelabels({ image, project, user: user.id, primary: target.primary, opened })
  useHeat(session)
  const onAcceptNext = useAcceptNext({ opened, image, workflow, travel: props.travel })
  const { predict } = prelabels
  const onPredict = prelabels.champion && prelabels.closed === null && !prelabels.asking ? predict : null
  const commands = useMemo<CommandContext>(
    () => ({
      opened,
      session,
      image,
      project,
      clipboard,
      page: {
        onNext,
        onPrevious,
        onSubmit: () => canSubmit && submitNow.current(),
        onSheet: () => setSheet(true),
        onPalette: () => setPalette(true),
        onClaim,
        onImage,
        onSettings: () => setSettings(true),
        onDocument,
        onProblem: (error) => toast.failed(error),
        onAcceptNext,
        onPredict,
      },
    }),
    [
      opened,
      session,
      image,
      project,
      clipboard,
      onNext,
      onPrevious,
      onClaim,
      onImage,
      canSubmit,
      onDocument,
      toast,
      onAcceptNext,
      onPredict,
    ],
  )
  useHotkeys(commands)
  useStarted(image, save)
  const { id } = session.given.document
  useEffect(() => (live ? exposeProbe(opened) : undefined), [opened, live])
  useTitle(image.name)
  const backSearch = search.includes('queue=') ? '' : withoutDocument(search)
  return (
    <div className="editor" data-side={side ? 'open' : 'closed'}>
      <TopBar
        opened={opened}
        image={image}
        neighbours={neighbours}
        workflow={workflow}
        backTo={`/projects/${project.id}${backSearch}`}
        onNext={onNext}
        onPrevious={onPrevious}
        onShortcuts={() => setSheet(true)}
        onPalette={() => setPalette(true)}
        project={project.id}
      />
      <Still.ToolRail session={session} />
      <main className="editor-stage" id="main">
        {!aside && <Banners opened={opened} image={image} workflow={workflow} />}
        {!target.primary && (
          <DocumentBanner image={image.id} document={target.id} onBack={() => onDocument(null)} />
        )}
        {preview && <PreviewBanner opened={opened} preview={preview} writes={target.readOnly === false} />}
        <div className="stage-canvas">
          <Still.Canvas session={session} />
          <Still.PhotoFilter session={session} project={project.id} />
          <Still.LabelLayer session={session} />
          <Still.KeyboardCursor session={session} />
          {!aside && <Still.ProposalCard session={session} />}
          <Still.Minimap session={session} picture={image.thumbnail} />
          <StageLayers key={id} opened={opened} image={image.id} threads={threads} />
          <Still.ToolOptions session={session} />
          <Still.HintPill session={session} />
          <Still.StatusLine context={commands} />
          <Still.TouchBar session={session} />
        </div>
        <Still.Filmstrip
          opened={opened}
          image={image}
          project={project}
          loader={props.loader}
          onImage={onImage}
        />
      </main>
      <SidePanel
        opened={opened}
        image={image.id}
        threads={threads}
        writes={can(project, 'annotator')}
        manages={can(project, 'manager')}
        user={user.id}
        prelabels={<PrelabelPanel session={session} prelabels={prelabels} onAcceptNext={onAcceptNext} />}
      >
        <Still.ClassPanel session={session} />
        <Still.ObjectPanel key={`objects ${id}`} session={session} problems={save.problems} />
        <Still.PropertiesPanel
          key={`properties ${id}`}
          context={commands}
          classes={project.classes}
          problems={save.problems}
        />
      </SidePanel>
      <Still.Announcer key={id} opened={opened} />
      <SignInAgain opened={opened} email={user.email} onSignedIn={(me) => client.setQueryData(keys.me, me)} />
      <ReturnDialog key={`return ${id}`} workflow={workflow} />
      <MissingDialog
        session={session}
        missing={workflow.missing}
        onClose={workflow.forgetMissing}
        onShow={() => showTab('objects')}
      />
      <Still.ShortcutSheet open={sheet} onOpenChange={setSheet} />
      <Still.ObjectMenu context={commands} />
      <Still.CommandPalette open={palette} onOpenChange={setPalette} context={commands} />
      <Still.EditorSettings session={session} open={settings} onOpenChange={setSettings} />
    </div>
  )
}

/** The first saved change moves a new or returned image on; the bar shows it without asking the server. */
function useStarted(image: ImageItem, save: SaveState): void {
  const client = useQueryClient()
  const [busyWith, setBusyWith] = useState('')
  if (save.kind === 'saving' && busyWith !== image.id) setBusyWith(image.id)
  const started = busyWith === image.id && save.kind === 'saved' && image.status === 'new'
  useEffect(() => {
    if (started) client.setQueryData(imageKey(image.id), { ...image, status: 'in_progress' })
  }, [started, client, image])
}

function useTitle(name: string): void {
  useEffect(() => {
    const before = document.title
    document.title = `${name} · Contorno`
    return () => {
      document.title = before
    }
  }, [name])
}
