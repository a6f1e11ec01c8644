/** The editor's page: loads one image with its project and document, and lays out bar, tools, canvas and panels. */
import { useQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation, useNavigate, useParams, useSearchParams } from 'react-router'

import { ImageLoader } from '@/render/imageLoader'
import { claimNext, type ImageItem, type LabelClass, type Project } from '@/sync/api'
import { getImage, getNeighbours, imageFileUrl, type Neighbours } from '@/sync/documentApi'
import type { SaveState } from '@/sync/queue'
import { withToolSettings } from '@/tools/editorState'
import { PageSkeleton } from '@/ui/app/PageSkeleton'
import { can, keys, useMe, useProject } from '@/ui/app/queries'
import { preference } from '@/ui/app/usePreference'
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
import { type Opened, openEditor } from './open'
import { Preparing } from './Preparing'
import { MissingDialog } from './MissingDialog'
import { exposeProbe } from './probe'
import { TouchBar } from './pointers/TouchBar'
import './pointers/touchBar.css'
import { ObjectMenu } from './operations/ObjectMenu'
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
import { KeyboardCursor } from './view/KeyboardCursor'
import { LabelLayer } from './view/LabelLayer'
import { Minimap } from './view/Minimap'
import { PhotoFilter } from './view/PhotoFilter'
import './view/view.css'
import { imageKey, useWorkflow, type Workflow } from './workflow'

const POLL_PREPARING_MS = 1000

const pictureOf = (image: ImageItem) => ({ ...image, file: imageFileUrl(image) })

export default function EditorPage() {
  const { imageId = '' } = useParams()
  const [search] = useSearchParams()
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
  return (
    <Editor
      key={`${image.id} ${search.get('document') ?? ''}`}
      image={image}
      project={project}
      user={user}
      loader={loader}
    />
  )
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

function editorClasses(classes: readonly LabelClass[]) {
  const ordered = [...classes].sort((a, b) => a.order - b.order)
  return ordered.map(({ index, name, colour, hotkey, attributes }) => ({
    index,
    name,
    colour,
    hotkey,
    attributes,
  }))
}

function useOpened({
  image,
  project,
  user,
  loader,
  target,
}: EditorProps & { readonly target: OpenDocument }): { opened: Opened | null; error: unknown } {
  const client = useQueryClient()
  const [opened, setOpened] = useState<Opened | null>(null)
  const [error, setError] = useState<unknown>(null)
  const plan = useRef({
    classes: editorClasses(project.classes),
    readOnly: target.readOnly ?? true,
    exclusive: project.exclusive,
  })
  useEffect(() => {
    let gone = false
    const opening = openEditor({
      ...plan.current,
      user: user.id,
      image: image.id,
      document: target.id,
      view: preference('editor.view'),
      tools: withToolSettings(preference('editor.tools')),
    })
    opening.then(
      (fresh) => {
        if (gone) void fresh.close()
        else setOpened(fresh)
      },
      (reason: unknown) => !gone && setError(reason),
    )
    return () => {
      gone = true
      void opening.then((fresh) => fresh.close()).catch(() => undefined)
      setOpened(null)
    }
  }, [image.id, target.id, user.id])
  useEffect(() => {
    if (!opened) return
    loader.open(pictureOf(image)).then(
      (levels) => {
        if (levels.tiles)
          levels.tiles.onGone = () => void client.invalidateQueries({ queryKey: imageKey(image.id) })
        opened.session.setImage(levels)
      },
      () => opened.session.view.set({ imageFailed: true }),
    )
  }, [opened, loader, image, client])
  const readOnly = target.readOnly ?? true
  useEffect(() => opened?.session.state.set({ readOnly }), [opened, readOnly])
  useEffect(() => opened?.session.setExclusive(project.exclusive), [opened, project.exclusive])
  useEffect(() => opened?.session.setClasses(editorClasses(project.classes)), [opened, project.classes])
  return { opened, error }
}

function Editor(props: EditorProps) {
  const { image, project, loader } = props
  const { t } = useTranslation('editor')
  const location = useLocation()
  const toast = useToast()
  const target = useOpenDocument(image, project.role, props.user.id)
  const { opened, error } = useOpened({ ...props, target })
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
  const neighbours = useQuery({
    queryKey: ['neighbours', image.id, filters],
    queryFn: () => getNeighbours(image.id, filters),
  })
  usePrefetch(neighbours.data, loader)
  useClicksAhead({
    image: image.id,
    filters,
    neighbours: neighbours.data,
    opened,
    readOnly: target.readOnly ?? true,
  })
  if (error) return <Failed error={error} />
  if (!opened) return <PageSkeleton />
  return (
    <Workspace
      {...props}
      opened={opened}
      target={target}
      workflow={workflow}
      neighbours={neighbours.data}
      queue={queue}
    />
  )
}

function usePrefetch(neighbours: Neighbours | undefined, loader: ImageLoader): void {
  const client = useQueryClient()
  const next = neighbours?.next
  useEffect(() => {
    if (!next) return
    void client
      .query({ queryKey: imageKey(next), queryFn: () => getImage(next) })
      .then((image) => (image.tiles && image.tiles.state !== 'ready' ? null : loader.open(pictureOf(image))))
      .catch(() => undefined)
  }, [next, client, loader])
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
  readonly target: OpenDocument
  readonly workflow: Workflow
  readonly neighbours: Neighbours | undefined
  readonly queue: string | null
}

function useTravel({ image, project, neighbours, queue, opened }: WorkspaceProps) {
  const navigate = useNavigate()
  const { search } = useLocation()
  const { t } = useTranslation('editor')
  const toast = useToast()
  const go = useCallback(
    (id: string | null | undefined) => {
      if (id) void navigate(`/images/${id}${withoutDocument(search)}`)
    },
    [navigate, search],
  )
  const reviewing = queue === 'review'
  const onClaim = useCallback(() => {
    const claim = async () => {
      await opened.queue.flush()
      const next = await claimNext(project.id, reviewing ? 'review' : 'annotate')
      if (next && next.id !== image.id) go(next.id)
      else toast.done(t('queueEmpty'))
    }
    claim().catch((error: unknown) => toast.failed(error))
  }, [reviewing, go, opened, project.id, image.id, toast, t])
  const onNext = useCallback(() => {
    if (queue === 'annotate' || queue === 'review') onClaim()
    else go(neighbours?.next)
  }, [queue, onClaim, go, neighbours])
  const onPrevious = useCallback(() => go(neighbours?.previous), [go, neighbours])
  return { onNext, onPrevious, onClaim, onImage: go }
}

function Workspace(props: WorkspaceProps) {
  const { opened, image, project, workflow, neighbours, user, target } = props
  const onDocument = useGoToDocument()
  const { session } = opened
  const client = useQueryClient()
  const { search } = useLocation()
  const [sheet, setSheet] = useState(false)
  const [palette, setPalette] = useState(false)
  const [settings, setSettings] = useState(false)
  const toast = useToast()
  const { onNext, onPrevious, onClaim, onImage } = useTravel(props)
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
    ],
  )
  useHotkeys(commands)
  useStarted(image, save)
  useEffect(() => exposeProbe(opened), [opened])
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
      <ToolRail session={session} />
      <main className="editor-stage" id="main">
        {!aside && <Banners opened={opened} image={image} workflow={workflow} />}
        {!target.primary && (
          <DocumentBanner image={image.id} document={target.id} onBack={() => onDocument(null)} />
        )}
        {preview && <PreviewBanner opened={opened} preview={preview} writes={target.readOnly === false} />}
        <div className="stage-canvas">
          <Canvas session={session} />
          <PhotoFilter session={session} project={project.id} />
          <LabelLayer session={session} />
          <KeyboardCursor session={session} />
          <Minimap session={session} picture={image.thumbnail} />
          <StageLayers opened={opened} image={image.id} threads={threads} />
          <ToolOptions session={session} />
          <HintPill session={session} />
          <StatusLine context={commands} />
          <TouchBar session={session} />
        </div>
        <Filmstrip opened={opened} image={image} project={project} loader={props.loader} onImage={onImage} />
      </main>
      <SidePanel
        opened={opened}
        image={image.id}
        threads={threads}
        writes={can(project, 'annotator')}
        manages={can(project, 'manager')}
        user={user.id}
      >
        <ClassPanel session={session} />
        <ObjectPanel session={session} problems={save.problems} />
        <PropertiesPanel context={commands} classes={project.classes} problems={save.problems} />
      </SidePanel>
      <Announcer opened={opened} />
      <SignInAgain opened={opened} email={user.email} onSignedIn={(me) => client.setQueryData(keys.me, me)} />
      <ReturnDialog workflow={workflow} />
      <MissingDialog
        session={session}
        missing={workflow.missing}
        onClose={workflow.forgetMissing}
        onShow={() => showTab('objects')}
      />
      <ShortcutSheet open={sheet} onOpenChange={setSheet} />
      <ObjectMenu context={commands} />
      <CommandPalette open={palette} onOpenChange={setPalette} context={commands} />
      <EditorSettings session={session} open={settings} onOpenChange={setSettings} />
    </div>
  )
}

/** The first saved change moves a new or returned image on; the bar shows it without asking the server. */
function useStarted(image: ImageItem, save: SaveState): void {
  const client = useQueryClient()
  const [wasBusy, setWasBusy] = useState(false)
  if (save.kind === 'saving' && !wasBusy) setWasBusy(true)
  const started = wasBusy && save.kind === 'saved' && image.status === 'new'
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
