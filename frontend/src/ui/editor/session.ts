/**
 * One open document: store, history, tools, renderer and change queue wired together, outside React.
 * Owns the wiring only; each part is in its own folder. Panels subscribe to its observables.
 */
import type { PhotoLook } from '@/core/adjust'
import { type AnnotationRecord, type DocumentState } from '@/core/document'
import { isEmptyDiff } from '@/core/diff'
import { type Draft, type Hint, NO_DRAFT } from '@/core/draft'
import { History } from '@/core/history'
import { makeIdSource } from '@/core/ids'
import { SpatialIndex } from '@/core/spatialIndex'
import { type ChangeEvent, DocumentStore } from '@/core/store'
import { createViewport, type Viewport, visibleRect } from '@/core/viewport'
import { recordFromWire, recordToWire } from '@/core/wire'
import { UnlabelledPixels } from '@/render/coverage'
import type { FrameState, Heat } from '@/render/frame'
import type { ImageLevels } from '@/render/imageLevels'
import { LiveWires } from '@/render/liveWires'
import { readPixels } from '@/render/pixels'
import type { SceneStyle } from '@/render/protocol'
import { Renderer } from '@/render/renderer'
import type { Conflict, RemoteChange } from '@/sync/merge'
import type { ChangeQueue, SaveState } from '@/sync/queue'
import type { AssistService } from '@/tools/assist/service'
import type { ClickService } from '@/tools/click/service'
import type { ToolContext } from '@/tools/context'
import {
  type EditorClass,
  type EditorState,
  INITIAL_STATE,
  Observable,
  type ToolSettings,
} from '@/tools/editorState'
import { KeyboardPointer } from '@/tools/keyboardPointer'
import type { Review } from '@/tools/prelabels/review'
import { documentRule } from '@/tools/rules'
import type { PixelSource } from '@/tools/services'
import { ToolSession } from '@/tools/toolSession'
import { isShown } from '@/tools/visibility'

import { reviewOf } from './prelabels/reviewOf'
import { remember, remembered } from './remembered'
import { shownColours } from './view/colours'
import type { ViewOptions } from './view/options'
import { counters, painters } from './workers'

export type { ViewOptions }

export interface SessionState {
  readonly viewport: Viewport
  readonly hint: Hint | null
  readonly cursor: Draft['cursor']
  /** The image point under the pointer, for the status line. */
  readonly pointer: { readonly x: number; readonly y: number } | null
  /** What touched the canvas last. */
  readonly pointerType: 'mouse' | 'touch' | 'pen'
  /** A tool is in the middle of something. */
  readonly working: boolean
  readonly conflicts: readonly Conflict[]
  readonly imageFailed: boolean
  readonly imageShown: boolean
}

export interface SessionOptions {
  readonly document: DocumentState
  readonly classes: readonly EditorClass[]
  readonly readOnly: boolean
  /** No two objects may share a pixel. */
  readonly exclusive: boolean
  readonly view: ViewOptions
  readonly assists: AssistService
  readonly clicks: ClickService
  /** The person's settings of the tools. */
  readonly tools: ToolSettings
}

/** How long a hint stays when nothing replaces it. */
const HINT_MS = 5000
export const newId = makeIdSource(Date.now, (bytes) => crypto.getRandomValues(bytes))

export class EditorSession {
  readonly store: DocumentStore
  readonly history: History
  readonly index: SpatialIndex
  readonly state: Observable<EditorState>
  readonly view: Observable<SessionState>
  readonly options: Observable<ViewOptions>
  readonly tools: ToolSession
  /** What tools see, for commands that work like one. */
  readonly tooling: ToolContext
  readonly unlabelled: UnlabelledPixels
  readonly keyboard: KeyboardPointer
  /** What a model proposes here, and what becomes of it. */
  readonly review: Review
  queue: ChangeQueue | null = null
  private exclusive: boolean
  private frozen = false
  /** The photograph's pixels, for methods that look at them. */
  readonly pixels: PixelSource = {
    readPixels: async (rect, maxSide) => {
      if (!this.image) throw new Error('the photograph is not there yet')
      return readPixels(this.image, rect, maxSide)
    },
  }
  private readonly liveWires = new LiveWires((rect, maxSide) => this.pixels.readPixels(rect, maxSide))
  private renderer: Renderer | null = null
  private onAttached: () => void = () => undefined
  private readonly attached = new Promise<void>((resolve) => (this.onAttached = resolve))
  private image: ImageLevels | null = null
  private look: PhotoLook | null = null
  private draft: Draft = NO_DRAFT
  private accent = '#2450d6'
  private style: SceneStyle | null = null
  /** What `style` was made of. */
  private styleParts: readonly unknown[] = []
  private selected: readonly AnnotationRecord[] = []
  private selectedFor: { selection: ReadonlySet<string>; changes: number; style: SceneStyle } | null = null
  private changes = 0
  private hintTimer: ReturnType<typeof setTimeout> | null = null
  private readonly ends: (() => void)[] = []
  private frame: FrameState | null = null
  private heat: Heat | null = null
  private rejections: (ids: readonly string[], rejected: boolean) => void = () => undefined
  private pointed: NonNullable<FrameState['pointed']> = { hover: null, chosen: null }
  private readonly mirrors = new Set<(frame: FrameState) => void>()
  /** While what the server has done already is put into the document: it is not sent again. */
  private saved = false
  readonly newId = newId

  constructor(readonly given: SessionOptions) {
    const { document } = given
    this.store = new DocumentStore(document.records)
    this.history = new History(this.store)
    this.index = new SpatialIndex(document.records)
    this.state = new Observable({
      ...INITIAL_STATE,
      ...given.tools,
      ...remembered(given.classes),
      classes: given.classes,
    })
    this.state.set({ readOnly: given.readOnly, exclusive: given.exclusive })
    this.options = new Observable(given.view)
    const size = { imageWidth: document.width, imageHeight: document.height }
    this.view = new Observable<SessionState>({
      viewport: createViewport({ ...size, width: 800, height: 600, dpr: 1 }),
      hint: null,
      cursor: 'default',
      pointer: null,
      pointerType: 'mouse',
      working: false,
      conflicts: [],
      imageFailed: false,
      imageShown: false,
    })
    this.review = reviewOf(this, whenIdle)
    const context = (this.tooling = this.context())
    this.unlabelled = new UnlabelledPixels({
      size: { width: document.width, height: document.height },
      makeWorker: () => counters.take(),
      endWorker: (worker) => counters.giveBack(worker),
      whenIdle,
    })
    this.exclusive = given.exclusive
    this.store.setRule(documentRule(context, () => this.exclusive))
    this.tools = new ToolSession(context)
    this.keyboard = new KeyboardPointer({
      width: document.width,
      height: document.height,
      view: () => this.view.get().viewport,
      setView: (viewport) => this.setViewport(viewport),
      send: (input) => {
        this.view.set({ pointer: input.image })
        this.tools.pointer(input)
      },
    })
    this.ends.push(
      this.store.subscribe((event) => this.onChange(event)),
      this.state.subscribe(() => this.present()),
      this.options.subscribe(() => this.present()),
      this.review.state.subscribe(() => this.present()),
    )
    this.review.onPaint = ({ put, remove }) => this.renderer?.propose(put, remove)
  }

  /** Puts the layers into an element and starts drawing. */
  attach(host: HTMLElement, accent: string): void {
    this.accent = accent
    this.renderer = new Renderer({
      host,
      makePainter: () => painters.take(),
      endPainter: (painter) => painters.giveBack(painter),
      lookUp: (id) => this.store.get(id),
    })
    this.renderer.begin([...this.store.records.values()])
    this.renderer.propose(this.review.painted(), [])
    this.present()
    this.onAttached()
  }

  setImage(image: ImageLevels | null): void {
    this.image = image
    this.liveWires.forget()
    this.view.set({ imageShown: image !== null })
    this.present()
  }

  /** How the photograph is shown from now on; never saved with it. */
  setLook(look: PhotoLook | null): void {
    this.look = look
    this.present()
  }

  /** Where what the person rejects goes, and what is taken back of it. */
  keepRejections(keep: (ids: readonly string[], rejected: boolean) => void): void {
    this.rejections = keep
  }

  /** The person rejected these proposals, or took that back. */
  sendRejected(ids: readonly string[], rejected: boolean): void {
    this.rejections(ids, rejected)
  }

  /** A picture over the whole image, such as a map of uncertainty; null: none. */
  setHeat(heat: Heat | null): void {
    this.heat = heat
    this.present()
  }

  setAccent(accent: string): void {
    this.accent = accent
    this.present()
  }

  setViewport(viewport: Viewport): void {
    if (viewport === this.view.get().viewport) return
    this.view.set({ viewport })
    this.present()
  }

  setClasses(classes: readonly EditorClass[]): void {
    this.state.set({ classes })
  }

  /** The project's setting, which holds for changes from now on. */
  setExclusive(exclusive: boolean): void {
    this.exclusive = exclusive
    this.state.set({ exclusive })
  }

  hint(hint: Hint | null): void {
    if (this.hintTimer !== null) clearTimeout(this.hintTimer)
    this.hintTimer = hint ? setTimeout(() => this.view.set({ hint: null }), HINT_MS) : null
    this.view.set({ hint })
  }

  /** Somebody else's changes, or my own unsent ones from an earlier visit: shown, not undoable, not sent again. */
  applyRemote(change: RemoteChange): void {
    this.store.transact('remote', (transaction) => {
      for (const id of change.delete) transaction.remove(id)
      for (const wire of change.put) transaction.put(recordFromWire(wire))
    })
    this.tools.refresh()
  }

  /** A change of mine that the server has made already (a restore): shown, undoable, not sent again. */
  applySaved(label: string, change: RemoteChange): void {
    this.history.mark(label)
    this.saved = true
    try {
      const diff = this.store.transact('user', (transaction) => {
        for (const id of change.delete) transaction.remove(id)
        for (const wire of change.put) transaction.put(recordFromWire(wire))
      })
      // A rule of drawing refused it (it cannot be shown as a step of mine): what the server has is shown all the same.
      if (isEmptyDiff(diff)) this.applyRemote(change)
    } finally {
      this.saved = false
    }
    this.tools.refresh()
  }

  /** Calls `listener` with this frame and every later one, for a second look at the image. Returns what ends it. */
  mirror(listener: (frame: FrameState) => void): () => void {
    this.mirrors.add(listener)
    if (this.frame) listener(this.frame)
    return () => this.mirrors.delete(listener)
  }

  addConflicts(conflicts: readonly Conflict[]): void {
    this.view.set({ conflicts: [...this.view.get().conflicts, ...conflicts] })
  }

  /** Settles one conflict: the other state is removed (an ordinary, undoable deletion), or both stay. */
  settleConflict(conflict: Conflict, keep: 'mine' | 'theirs' | 'both'): void {
    const remove = keep === 'mine' ? conflict.id : keep === 'theirs' ? conflict.copy : null
    const lost = keep === 'mine' && conflict.mine === null
    if (remove !== null || lost) {
      this.history.mark('conflict')
      this.store.transact('user', (transaction) => transaction.remove(remove ?? conflict.id))
    }
    this.view.set({ conflicts: this.view.get().conflicts.filter((item) => item !== conflict) })
  }

  get saveState(): SaveState | null {
    return this.queue?.state ?? null
  }

  /** Resolves when every visible tile shows the newest state; waits for the layers to be attached first. */
  async whenSettled(): Promise<void> {
    await this.attached
    await this.renderer?.whenSettled()
  }

  /** Whether the photograph is on screen as fine as it can be: of a large image, all its tiles. */
  isSharp(): boolean {
    const { viewport, imageShown } = this.view.get()
    const tiles = this.image?.tiles
    return tiles ? tiles.isComplete(viewport.scale * viewport.dpr, visibleRect(viewport)) : imageShown
  }

  /** Resolves when the photograph is on screen, or could not be loaded. */
  whenImage(): Promise<void> {
    const done = () => this.view.get().imageShown || this.view.get().imageFailed
    if (done()) return Promise.resolve()
    return new Promise((resolve) => {
      const end = this.view.subscribe(() => {
        if (!done()) return
        end()
        resolve()
      })
    })
  }

  /** The person has left: what is in hand is let go and nothing can be changed any more; the picture stays for now. */
  freeze(): void {
    this.tools.drop()
    this.store.setRule(() => false)
    if (!this.frozen) remember(this.state.get())
    this.frozen = true
  }

  dispose(): void {
    this.freeze()
    for (const end of this.ends) end()
    if (this.hintTimer !== null) clearTimeout(this.hintTimer)
    this.history.dispose()
    this.liveWires.dispose()
    this.unlabelled.dispose()
    this.renderer?.dispose()
    this.renderer = null
  }

  private context(): ToolContext {
    const { width, height } = this.given.document
    return {
      store: this.store,
      history: this.history,
      index: this.index,
      state: this.state,
      width,
      height,
      newId,
      liveWires: this.liveWires,
      assists: this.given.assists,
      clicks: this.given.clicks,
      proposals: this.review,
      view: () => this.view.get().viewport,
      setView: (viewport) => this.setViewport(viewport),
      show: (draft) => this.show(draft),
      hint: (hint) => this.hint(hint),
      switchTo: (tool) => this.tools.use(tool),
    }
  }

  private show(draft: Partial<Draft>): void {
    const next = { ...NO_DRAFT, ...draft }
    // The first tool shows itself while the tools are being made.
    const tools = this.tools as ToolSession | undefined
    this.view.set({ working: tools?.working ?? false })
    if (sameDraft(next, this.draft)) return
    this.draft = next
    if (this.draft.hint) this.hint(this.draft.hint)
    this.view.set({ cursor: this.draft.cursor })
    this.present()
  }

  private onChange({ diff, source }: ChangeEvent): void {
    this.changes += 1
    this.index.apply(diff)
    this.renderer?.apply(diff)
    this.review.follow(diff)
    this.unlabelled.apply(diff)
    if (source === 'user' && !this.saved) this.record(diff)
    this.present()
  }

  private record(diff: ChangeEvent['diff']): void {
    const { width, height } = this.given.document
    const put = [...Object.values(diff.updated).map(([, to]) => to), ...Object.values(diff.added)]
    // What gives room comes before what takes it, should they go in different requests.
    this.queue?.record([
      ...Object.keys(diff.removed).map((id) => ({ id, value: null })),
      ...put.map((record) => ({ id: record.id, value: recordToWire(record, width, height) })),
    ])
    // Where objects may not overlap, one is refused because of another, which may just have made room.
    if (this.exclusive) this.queue?.retryRefused()
  }

  private present(): void {
    if (!this.renderer) return
    const { hover } = this.state.get()
    const frame: FrameState = {
      viewport: this.view.get().viewport,
      image: this.image,
      look: this.look,
      style: this.currentStyle(),
      draft: this.draft,
      selected: this.selectedRecords(),
      hovered: (hover !== null && !this.tools.working ? this.store.get(hover) : null) ?? null,
      pointed: this.pointedProposals(),
      heat: this.heat,
      accent: this.accent,
    }
    this.frame = frame
    this.renderer.show(frame)
    for (const listener of this.mirrors) listener(frame)
  }

  /** The same object until something else is pointed at. */
  private pointedProposals(): NonNullable<FrameState['pointed']> {
    const { hover, chosen } = this.review.state.get()
    const recordOf = (id: string | null) => (id === null ? null : (this.review.get(id)?.record ?? null))
    const next = { hover: this.tools.working ? null : recordOf(hover), chosen: recordOf(chosen) }
    if (next.hover !== this.pointed.hover || next.chosen !== this.pointed.chosen) this.pointed = next
    return this.pointed
  }

  private currentStyle(): SceneStyle {
    const { classes, hiddenClasses, hidden, solo } = this.state.get()
    const options = this.options.get()
    const { opacity, fills, outlines } = options
    const { dpr } = this.view.get().viewport
    // By identity: all of these are replaced when they change, and this runs for every pointer move.
    const { prediction, shown, threshold } = this.review.state.get()
    const proposalsFrom = prediction !== null && shown ? threshold : null
    const parts = [classes, hiddenClasses, hidden, solo, options, dpr, proposalsFrom]
    if (this.style && parts.every((part, k) => part === this.styleParts[k])) return this.style
    this.styleParts = parts
    this.style = {
      colours: shownColours(classes, options),
      opacity,
      fills,
      outlines,
      lineWidth: 1.5 * dpr,
      hiddenClasses: [...hiddenClasses],
      hiddenObjects: [...hidden],
      only: solo && { objects: [...solo.objects], classes: [...solo.classes] },
      dashes: options.safeColours,
      grid: options.grid,
      proposalsFrom,
    }
    return this.style
  }

  private selectedRecords(): readonly AnnotationRecord[] {
    const { selection } = this.state.get()
    const style = this.currentStyle()
    const kept = this.selectedFor
    if (kept?.selection === selection && kept.changes === this.changes && kept.style === style)
      return this.selected
    this.selectedFor = { selection, changes: this.changes, style }
    const records = [...selection].flatMap((id) => this.store.get(id) ?? [])
    this.selected = records.filter((record) => isShown(this.state.get(), record))
    return this.selected
  }
}

/** Safari has no idle callbacks. */
function whenIdle(run: () => void): void {
  if ('requestIdleCallback' in window) requestIdleCallback(run, { timeout: 1000 })
  else setTimeout(run, 50)
}

/** A pointer move that changes nothing on screen must not cost a frame. */
function sameDraft(a: Draft, b: Draft): boolean {
  return (Object.keys(a) as (keyof Draft)[]).every((key) => {
    const [left, right] = [a[key], b[key]]
    return left === right || (Array.isArray(left) && Array.isArray(right) && left.length + right.length === 0)
  })
}
