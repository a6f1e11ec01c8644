/** A tool session with a real store, history and index, fed by sentences like "press here, move there, release". */
import {
  type AssistAnswer,
  AssistFailure,
  type AssistQuestion,
  type AssistReason,
} from '../../src/core/assist'
import type { AnnotationRecord } from '../../src/core/document'
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
import { type EditorState, INITIAL_STATE, Observable, type ToolName } from '../../src/tools/editorState'
import type { Modifiers, PointerInput } from '../../src/tools/events'
import { documentRule } from '../../src/tools/rules'
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
  ) {
    this.store = new DocumentStore(records)
    this.history = new History(this.store)
    const index = new SpatialIndex(records)
    this.store.subscribe(({ diff }) => index.apply(diff))
    this.state = new Observable({ ...INITIAL_STATE, classes: CLASSES, activeClass: 1, exclusive, ...state })
    const sizes = { width: 1000, height: 1000, dpr: 1, imageWidth: size, imageHeight: size }
    this.view = zoomTo(createViewport(sizes), 4)
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
