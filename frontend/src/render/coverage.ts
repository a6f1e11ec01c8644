/**
 * The unlabelled pixels of the open image, counted in a worker. Objects go there in portions while the page is idle, so
 * that neither opening ten thousand of them nor a change costs a frame; a question sends what is still waiting first.
 */
import type { Diff } from '@/core/diff'
import type { AnnotationRecord, MaskGeometry } from '@/core/document'
import type { Size } from '@/core/operations/area'
import type { Region } from '@/core/operations/unlabelled'

import { nextTurn } from './workerShelf'

export type Question =
  | { readonly what: 'regions'; readonly most: number }
  | { readonly what: 'at'; readonly x: number; readonly y: number }
  | { readonly what: 'rest' }

export type ToCoverage =
  | { readonly type: 'begin'; readonly turn: number; readonly size: Size }
  | { readonly type: 'end' }
  | { readonly type: 'change'; readonly put: readonly AnnotationRecord[]; readonly remove: readonly string[] }
  | { readonly type: 'ask'; readonly id: number; readonly question: Question }

type Answer = readonly Region[] | MaskGeometry | null

export type FromCoverage =
  | { readonly type: 'count'; readonly turn: number; readonly count: number }
  | { readonly type: 'answer'; readonly turn: number; readonly id: number; readonly value: Answer }

interface CoverageOptions {
  readonly size: Size
  readonly makeWorker: () => Worker
  /** What becomes of the worker afterwards; it is ended when this is left out. */
  readonly endWorker?: (worker: Worker) => void
  /** Runs a portion of work when there is time for it. */
  readonly whenIdle: (run: () => void) => void
}

/** Objects that are sent at a time. */
const PORTION = 400

export class UnlabelledPixels {
  private readonly waiting = new Map<string, AnnotationRecord | null>()
  private readonly questions = new Map<number, (value: Answer) => void>()
  private readonly listeners = new Set<() => void>()
  private readonly turn = nextTurn()
  private worker: Worker | null = null
  private planned = false
  private asked = 0
  private known: number | null = null

  constructor(private readonly options: CoverageOptions) {}

  /** Their number; null until it is known. While objects are still being sent, an older number stays. */
  get = (): number | null => this.known

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Begins with these objects; before it, changes are passed over and nothing is counted. */
  begin(records: Iterable<AnnotationRecord>): void {
    if (this.worker) return
    this.worker = this.options.makeWorker()
    this.worker.onmessage = ({ data }: MessageEvent<FromCoverage>) => this.receive(data)
    for (const record of records) this.waiting.set(record.id, record)
    this.send({ type: 'begin', turn: this.turn, size: this.options.size })
    this.plan()
  }

  apply(diff: Diff): void {
    if (!this.worker) return
    for (const id of Object.keys(diff.removed)) this.waiting.set(id, null)
    for (const [, to] of Object.values(diff.updated)) this.waiting.set(to.id, to)
    for (const record of Object.values(diff.added)) this.waiting.set(record.id, record)
    this.plan()
  }

  async regions(most: number): Promise<readonly Region[]> {
    return (await this.ask({ what: 'regions', most })) as readonly Region[]
  }

  /** The region around a pixel; null where an object covers it. */
  async regionAt(x: number, y: number): Promise<MaskGeometry | null> {
    return (await this.ask({ what: 'at', x, y })) as MaskGeometry | null
  }

  async rest(): Promise<MaskGeometry> {
    return (await this.ask({ what: 'rest' })) as MaskGeometry
  }

  dispose(): void {
    if (this.worker) this.end(this.worker)
    this.worker = null
    this.waiting.clear()
    this.listeners.clear()
  }

  private end(worker: Worker): void {
    this.send({ type: 'end' })
    if (this.options.endWorker) this.options.endWorker(worker)
    else worker.terminate()
  }

  private ask(question: Question): Promise<Answer> {
    while (this.waiting.size > 0) this.sendPortion()
    const id = ++this.asked
    this.send({ type: 'ask', id, question })
    return new Promise((resolve) => this.questions.set(id, resolve))
  }

  private receive(message: FromCoverage): void {
    if (message.turn !== this.turn) return
    if (message.type === 'answer') {
      this.questions.get(message.id)?.(message.value)
      this.questions.delete(message.id)
      return
    }
    if (this.waiting.size > 0) return // older than what is still to be sent
    this.known = message.count
    for (const listener of [...this.listeners]) listener()
  }

  private plan(): void {
    if (this.planned || this.waiting.size === 0) return
    this.planned = true
    this.options.whenIdle(() => {
      this.planned = false
      if (!this.worker) return
      this.sendPortion()
      this.plan()
    })
  }

  private sendPortion(): void {
    const portion = [...this.waiting].slice(0, PORTION)
    for (const [id] of portion) this.waiting.delete(id)
    const put = portion.flatMap(([, record]) => record ?? [])
    const remove = portion.flatMap(([id, record]) => (record ? [] : [id]))
    this.send({ type: 'change', put, remove })
  }

  private send(message: ToCoverage): void {
    this.worker?.postMessage(message)
  }
}
