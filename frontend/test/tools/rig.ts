/** A tool session with a real store, history and index, fed by sentences like "press here, move there, release". */
import {
  type AssistAnswer,
  AssistFailure,
  type AssistQuestion,
  type AssistReason,
} from '../../src/core/assist'
import type { ClickAnswer, ClickModel, ClickQuestion, ClickWait } from '../../src/core/clicks'
import type { AnnotationRecord, MaskGeometry } from '../../src/core/document'
import { type Draft, type Hint, NO_DRAFT } from '../../src/core/draft'
import { History } from '../../src/core/history'
import { makeLiveWire } from '../../src/core/liveWire'
import type { PixelWindow } from '../../src/core/pixelWindow'
import { type ImagePoint, imagePoint, type Rect } from '../../src/core/points'
import { SpatialIndex } from '../../src/core/spatialIndex'
import { EMPTY_MASK } from '../../src/core/rle'
import { DocumentStore } from '../../src/core/store'
import { createViewport, imageToScreen, type Viewport, zoomTo } from '../../src/core/viewport'
import type { AssistService } from '../../src/tools/assist/service'
import type { ToolContext } from '../../src/tools/context'
import type { ClickService, OnWait } from '../../src/tools/click/service'
import { type EditorState, INITIAL_STATE, Observable, type ToolName } from '../../src/tools/editorState'
import type { Modifiers, PointerInput } from '../../src/tools/events'
import { documentRule } from '../../src/tools/rules'
import { Review } from '../../src/tools/prelabels/review'
import type { LiveWireSource } from '../../src/tools/services'
import { ToolSession } from '../../src/tools/toolSession'

/** An assist service whose answers the test gives, when it likes. */
export class FakeAssists implements AssistService {
  readonly asked: {
    readonly question: AssistQuestion
    readonly signal: AbortSignal
    readonly answer: (answer: Partial<AssistAnswer>) => Promise<void>
    readonly fail: (reason: AssistReason) => Promise<void>
  }[] = []

  ask(question: AssistQuestion, signal: AbortSignal): Promise<AssistAnswer> {
    let resolve: (answer: AssistAnswer) => void = () => undefined
    let reject: (error: Error) => void = () => undefined
    const promise = new Promise<AssistAnswer>((yes, no) => ([resolve, reject] = [yes, no]))
    // The tool's own reactions were queued first: when this resolves it has seen the answer.
    const seen = () =>
      promise.then(
        () => undefined,
        () => undefined,
      )
    this.asked.push({
      question,
      signal,
      answer: (answer) => {
        resolve({ mask: EMPTY_MASK, labels: null, histogram: null, ...answer })
        return seen()
      },
      fail: (reason) => {
        reject(new AssistFailure(reason))
        return seen()
      },
    })
    return promise
  }

  get last() {
    const last = this.asked.at(-1)
    if (!last) throw new Error('nothing was asked')
    return last
  }
}

/** A click service whose image becomes ready, and whose answers are given, when the test likes. */
export class FakeClicks implements ClickService {
  /** The window that is ready; null: nothing is, and `prepare` waits. */
  window: Rect | null = { x0: 0, y0: 0, x1: 100, y1: 100 }
  models_: readonly ClickModel[] = [{ name: 'small', title: 'Small', usual: true, problem: '', needed: null }]
  readonly prepared: {
    readonly model: string | null
    readonly seen: Rect
    readonly signal: AbortSignal
    readonly wait: (wait: ClickWait) => void
    readonly ready: (window: Rect) => Promise<void>
    readonly fail: (reason: AssistReason) => Promise<void>
  }[] = []
  readonly asked: Asked[] = []
  readonly glanced: Asked[] = []

  models() {
    return Promise.resolve(this.models_)
  }

  prepare(model: string | null, seen: Rect, wait: OnWait, signal: AbortSignal): Promise<Rect> {
    const one = deferred<Rect>()
    this.prepared.push({ model, seen, signal, wait, ready: one.resolve, fail: one.fail })
    if (this.window) void one.resolve(this.window)
    return one.promise
  }

  ask(question: ClickQuestion, wait: OnWait, signal: AbortSignal): Promise<ClickAnswer> {
    return this.put(this.asked, question, signal, wait)
  }

  glance(question: ClickQuestion, signal: AbortSignal): Promise<ClickAnswer | null> {
    return this.put(this.glanced, question, signal, () => undefined)
  }

  private put(list: Asked[], question: ClickQuestion, signal: AbortSignal, wait: OnWait) {
    const one = deferred<ClickAnswer>()
    const region = question.region ?? { x0: 0, y0: 0, x1: 100, y1: 100 }
    list.push({
      question,
      signal,
      wait,
      answer: (mask, logits = `logits ${list.length}`) => one.resolve({ mask, region, logits, score: 0.9 }),
      fail: one.fail,
    })
    return one.promise
  }
}

interface Asked {
  readonly question: ClickQuestion
  readonly signal: AbortSignal
  readonly wait: OnWait
  readonly answer: (mask: MaskGeometry, logits?: string) => Promise<void>
  readonly fail: (reason: AssistReason) => Promise<void>
}

function deferred<T>() {
  let [resolve, reject]: [(value: T) => void, (error: Error) => void] = [() => undefined, () => undefined]
  const promise = new Promise<T>((yes, no) => ([resolve, reject] = [yes, no]))
  // The tool's own reactions were queued first: when this resolves it has seen the answer.
  const seen = () =>
    promise.then(
      () => undefined,
      () => undefined,
    )
  return {
    promise,
    resolve: (value: T) => {
      resolve(value)
      return seen()
    },
    fail: (reason: AssistReason) => {
      reject(new AssistFailure(reason))
      return seen()
    },
  }
}

const CLASSES = [
  { index: 1, name: 'cell', colour: '#ff0000', hotkey: '1' },
  { index: 2, name: 'debris', colour: '#00ff00', hotkey: '2' },
]

type Held = Partial<Modifiers>

export class Rig {
  readonly store: DocumentStore
  readonly history: History
  readonly state: Observable<EditorState>
  readonly tools: ToolSession
  readonly context: ToolContext
  readonly review: Review
  /** What was told of rejections, in turn. */
  readonly rejections: { readonly ids: readonly string[]; readonly rejected: boolean }[] = []
  draft: Draft = NO_DRAFT
  hints: string[] = []
  view: Viewport
  /** The photograph, for tools that look at it; null: it is not there. */
  photograph: ((rect: Rect) => PixelWindow) | null = null
  readonly assists = new FakeAssists()
  private ids = 0

  constructor(
    records: readonly AnnotationRecord[] = [],
    state: Partial<EditorState> = {},
    size = 100,
    exclusive = false,
    readonly clicks = new FakeClicks(),
  ) {
    this.store = new DocumentStore(records)
    this.history = new History(this.store)
    const index = new SpatialIndex(records)
    this.store.subscribe(({ diff }) => index.apply(diff))
    this.state = new Observable({ ...INITIAL_STATE, classes: CLASSES, activeClass: 1, exclusive, ...state })
    const sizes = { width: 1000, height: 1000, dpr: 1, imageWidth: size, imageHeight: size }
    this.view = zoomTo(createViewport(sizes), 4)
    this.review = new Review({
      store: this.store,
      history: this.history,
      index,
      state: this.state,
      width: size,
      height: size,
      hint: (hint) => this.hints.push(hint.key),
      switchTo: (tool) => this.tools.use(tool),
      reveal: () => undefined,
      sendRejected: (ids, rejected) => this.rejections.push({ ids, rejected }),
      whenIdle: (run) => run(),
      now: () => 0,
    })
    this.store.subscribe(({ diff }) => this.review.follow(diff))
    const context: ToolContext = (this.context = {
      store: this.store,
      history: this.history,
      index,
      state: this.state,
      width: size,
      height: size,
      newId: () => `new-${String(++this.ids)}`,
      liveWires: this.liveWires(),
      assists: this.assists,
      clicks: this.clicks,
      proposals: this.review,
      view: () => this.view,
      setView: (view: Viewport) => (this.view = view),
      show: (draft: Partial<Draft>) => (this.draft = { ...NO_DRAFT, ...draft }),
      hint: (hint: Hint | null) => hint && this.hints.push(hint.key),
      switchTo: (tool: ToolName) => this.tools.use(tool),
    })
    this.store.setRule(documentRule(context, () => exclusive))
    this.tools = new ToolSession(context)
  }

  /** The real search, in this thread. */
  private liveWires(): LiveWireSource {
    return {
      begin: ({ anchor, snap, rect }) =>
        this.photograph
          ? Promise.resolve(makeLiveWire(this.photograph(rect), anchor, snap))
          : Promise.reject(new Error('no photograph')),
    }
  }

  private input(
    type: PointerInput['type'],
    at: ImagePoint,
    held: Held & { clicks?: number; button?: number },
  ): void {
    const { shift = false, alt = false, mod = false, clicks = 1, button = 0 } = held
    const screen = imageToScreen(this.view, at)
    this.tools.pointer({ type, image: at, screen, trail: [at], button, clicks, shift, alt, mod })
  }

  press(x: number, y: number, held: Held & { clicks?: number; button?: number } = {}): this {
    this.input('move', imagePoint(x, y), held)
    this.input('down', imagePoint(x, y), held)
    return this
  }

  move(x: number, y: number, held: Held = {}): this {
    this.input('move', imagePoint(x, y), held)
    return this
  }

  release(x: number, y: number, held: Held & { button?: number } = {}): this {
    this.input('up', imagePoint(x, y), held)
    return this
  }

  click(x: number, y: number, held: Held & { clicks?: number } = {}): this {
    return this.press(x, y, held).release(x, y, held)
  }

  doubleClick(x: number, y: number): this {
    return this.click(x, y).click(x, y, { clicks: 2 })
  }

  drag(points: readonly (readonly [number, number])[], held: Held = {}): this {
    const [first, ...rest] = points
    const last = rest.at(-1)
    if (!first || !last) throw new Error('a drag needs two points')
    this.press(...first, held)
    for (const point of rest) this.move(...point, held)
    return this.release(...last, held)
  }

  key(key: string, held: Held = {}): boolean {
    return this.tools.key({ key, shift: false, alt: false, mod: false, ...held })
  }

  records(): readonly AnnotationRecord[] {
    return this.store.ordered()
  }

  /** The rings of the only object, as plain numbers. */
  rings(): number[][] {
    const [record, more] = this.records()
    if (!record || more || record.kind !== 'polygon') throw new Error('not one polygon')
    return record.polygons.flat().map((ring) => Array.from(ring))
  }

  get selection(): string[] {
    return [...this.state.get().selection]
  }
}
