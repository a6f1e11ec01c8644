/**
 * The review of one model's proposals for the open image: which are open, accepted, rejected or there already, and what a
 * person does with them.
 *
 * Accepting is an ordinary step of the document; a rejection is a step beside it, so that undo and redo meet both in
 * turn. A person's objects are never changed by either. Owns no requests (`RejectionSink` is given) and no drawing
 * (`onPaint` tells what is to be shown).
 */
import { type Diff, touchedIds } from '@/core/diff'
import { type AnnotationRecord, VOID, withFields } from '@/core/document'
import type { Hint } from '@/core/draft'
import { giveWay } from '@/core/exclusive'
import type { History } from '@/core/history'
import type { ImagePoint } from '@/core/points'
import { beneath, byConfidence, countAbove, isAbove, isThere, type Proposal } from '@/core/prelabels'
import { sameGeometry } from '@/core/rebase'
import { bboxOf } from '@/core/shapes'
import { SpatialIndex } from '@/core/spatialIndex'
import type { DocumentStore } from '@/core/store'

import type { EditorState, ToolName } from '../editorState'
import { Observable } from '../editorState'
import { clipToImage } from '../rules'
import { isShown } from '../visibility'
import type { ProposalSource } from './source'

export interface ProposingModel {
  readonly id: string
  readonly number: number
  readonly name: string
}

/** What one model sees in the image. */
export interface Prediction {
  readonly id: string
  readonly model: ProposingModel
  readonly proposals: readonly Proposal[]
  readonly rejected: readonly string[]
  /** Of the whole image, 0..1; null: not said. */
  readonly score: number | null
  readonly uncertainty: number | null
  /** There is a map of the uncertainty. */
  readonly overlay: boolean
}

export interface ReviewState {
  readonly prediction: Prediction | null
  /** Those that wait for a person, by falling confidence. */
  readonly open: readonly Proposal[]
  /** How many of them are above the threshold: the beginning of the list. */
  readonly above: number
  readonly accepted: number
  readonly rejected: number
  /** A person has drawn them already. */
  readonly there: number
  readonly threshold: number
  readonly shown: boolean
  readonly hover: string | null
  readonly chosen: string | null
}

export interface PaintChange {
  readonly put: readonly AnnotationRecord[]
  readonly remove: readonly AnnotationRecord[]
}

export interface ReviewContext {
  readonly store: DocumentStore
  readonly history: History
  readonly index: SpatialIndex
  readonly state: Observable<EditorState>
  readonly width: number
  readonly height: number
  hint(hint: Hint): void
  switchTo(tool: ToolName): void
  /** Brings an object into view. */
  reveal(record: AnnotationRecord): void
  /** A person rejected these, or took that back. */
  sendRejected(ids: readonly string[], rejected: boolean): void
  /** Runs a portion of work when there is time. */
  whenIdle(run: () => void): void
  /** Milliseconds, for portions. */
  now(): number
}

export const NOTHING_PROPOSED: ReviewState = {
  prediction: null,
  open: [],
  above: 0,
  accepted: 0,
  rejected: 0,
  there: 0,
  threshold: 0.5,
  shown: true,
  hover: null,
  chosen: null,
}

/** A portion of comparing proposals with objects: less than half a frame. */
const PORTION_MS = 6

export class Review implements ProposalSource {
  readonly state = new Observable<ReviewState>(NOTHING_PROPOSED)
  onPaint: (change: PaintChange) => void = () => undefined
  private sorted: readonly Proposal[] = []
  private byId = new Map<string, Proposal>()
  private rejected = new Set<string>()
  private readonly there = new Set<string>()
  private readonly unchecked = new Set<string>()
  private planned = false
  private readonly places = new SpatialIndex()
  private shownNow = new Map<string, AnnotationRecord>()
  /** Objects of a model as they were accepted or read, by which later changes are known. */
  private readonly asAccepted = new Map<string, AnnotationRecord>()

  constructor(private readonly context: ReviewContext) {
    for (const record of context.store.records.values()) this.remember(record)
  }

  /** Another prediction, or none. */
  begin(prediction: Prediction | null): void {
    const before = this.state.get().prediction
    if (prediction && before?.proposals === prediction.proposals) return this.beginAnew(prediction)
    this.sorted = byConfidence(prediction?.proposals ?? [])
    this.byId = new Map(this.sorted.map((proposal) => [proposal.record.id, proposal]))
    this.rejected = new Set(prediction?.rejected.filter((id) => this.byId.has(id)))
    this.there.clear()
    this.unchecked.clear()
    this.places.load(this.sorted.map((proposal) => proposal.record))
    for (const id of this.byId.keys()) this.unchecked.add(id)
    this.state.set({ prediction, hover: null, chosen: null })
    this.present()
    this.plan()
  }

  /** The same proposals: only what was said of them is new. */
  private beginAnew(prediction: Prediction): void {
    this.rejected = new Set(prediction.rejected.filter((id) => this.byId.has(id)))
    this.state.set({ prediction })
    this.present()
  }

  /** The document changed, and the index of its objects with it. */
  follow(diff: Diff): void {
    for (const record of Object.values(diff.added)) this.remember(record)
    if (this.byId.size === 0) return
    const records = [
      ...Object.values(diff.added),
      ...Object.values(diff.removed),
      ...Object.values(diff.updated).flat(),
    ]
    for (const record of records)
      for (const { id } of this.places.query(bboxOf(record))) this.unchecked.add(id)
    if (touchedIds(diff).some((id) => this.byId.has(id))) this.present()
    this.plan()
  }

  get chosen(): string | null {
    return this.state.get().chosen
  }

  get(id: string): Proposal | undefined {
    return this.byId.get(id)
  }

  /** Whether a proposal waits for a person. */
  isOpen(id: string): boolean {
    return this.byId.has(id) && !this.context.store.has(id) && !this.rejected.has(id) && !this.there.has(id)
  }

  /** The open ones above the threshold, the surest first. */
  above(): readonly Proposal[] {
    const { open, above } = this.state.get()
    return open.slice(0, above)
  }

  below(): readonly Proposal[] {
    const { open, above } = this.state.get()
    return open.slice(above)
  }

  setThreshold(threshold: number): void {
    const { open, chosen } = this.state.get()
    this.state.set({ threshold, above: countAbove(open, threshold) })
    if (chosen !== null && !this.isVisible(chosen)) this.state.set({ chosen: null })
  }

  setShown(shown: boolean): void {
    this.state.set(shown ? { shown } : { shown, hover: null, chosen: null })
  }

  at(point: ImagePoint, tolerance: number): string | null {
    if (!this.state.get().shown || this.byId.size === 0) return null
    const accepts = (record: AnnotationRecord) => this.isVisible(record.id)
    const covering = this.places.hitAll(point, { accepts })
    const smallest = covering.reduce<AnnotationRecord | null>(
      (least, record) => (least && roomOf(least) <= roomOf(record) ? least : record),
      null,
    )
    return (smallest ?? this.places.hit(point, { accepts, tolerance }))?.id ?? null
  }

  point(id: string | null): void {
    this.state.set({ hover: id })
  }

  /** Takes one in hand, and lets go of the selected objects. */
  choose(id: string | null): void {
    if (id !== null && !this.isOpen(id)) return
    if (id !== null && this.context.state.get().selection.size > 0)
      this.context.state.set({ selection: new Set(), vertices: [] })
    this.state.set(id !== null && !this.state.get().shown ? { chosen: id, shown: true } : { chosen: id })
  }

  /** The open ones: what a painter that begins now needs to know. */
  painted(): readonly AnnotationRecord[] {
    return [...this.shownNow.values()]
  }

  /** The next or previous one above the threshold, brought into view. */
  step(by: 1 | -1): void {
    const list = this.above()
    const at = list.findIndex(({ record }) => record.id === this.chosen)
    const next = at < 0 ? (by > 0 ? 0 : list.length - 1) : (at + by + list.length) % list.length
    const proposal = list[next]
    if (!proposal) return this.context.hint({ key: 'hint.prelabelsNone', tone: 'info' })
    this.choose(proposal.record.id)
    this.context.reveal(proposal.record)
  }

  acceptChosen(): boolean {
    const { chosen } = this
    return chosen !== null && this.accept([chosen]).length > 0
  }

  rejectChosen(): boolean {
    const { chosen } = this
    return chosen !== null && this.reject([chosen])
  }

  /**
   * Puts proposals into the document as one step. Where no two objects may share a pixel they give way to what is there
   * and to surer ones, elsewhere they go beneath it.
   *
   * Returns: the ids of those that went in; one of which nothing would be left stays open.
   */
  accept(ids: readonly string[]): readonly string[] {
    if (!this.mayChange()) return []
    const wanted = this.openOnes(ids)
    const known = wanted.filter((record) => this.isKnownClass(record.classIndex))
    if (known.length < wanted.length) this.context.hint({ key: 'hint.prelabelsClass', tone: 'warning' })
    const { width, height } = this.context
    // One that lies outside would have the whole step refused.
    const records = this.fitted(known.flatMap((record) => clipToImage(record, width, height) ?? []))
    if (known.length > 0 && records.length === 0)
      this.context.hint({ key: 'hint.prelabelsCovered', tone: 'warning' })
    if (records.length === 0) return []
    const next = this.afterThose(new Set(records.map((record) => record.id)))
    this.context.history.mark('prelabels')
    const diff = this.context.store.transact('user', (transaction) =>
      records.forEach((one) => transaction.put(one)),
    )
    for (const record of Object.values(diff.added)) this.asAccepted.set(record.id, record)
    this.choose(next)
    if (next !== null) this.context.reveal(this.byId.get(next)!.record)
    return Object.keys(diff.added)
  }

  acceptAbove(): readonly string[] {
    return this.accept(this.above().map(({ record }) => record.id))
  }

  /** False where it may not be. */
  reject(ids: readonly string[]): boolean {
    if (!this.mayChange()) return false
    const gone = ids.filter((id) => this.isOpen(id))
    if (gone.length === 0) return false
    const next = this.afterThose(new Set(gone))
    this.context.history.add('reject', {
      undo: () => this.setRejected(gone, false),
      redo: () => this.setRejected(gone, true),
    })
    this.setRejected(gone, true)
    this.choose(next)
    if (next !== null) this.context.reveal(this.byId.get(next)!.record)
    return true
  }

  rejectBelow(): boolean {
    return this.reject(this.below().map(({ record }) => record.id))
  }

  /** Every rejected one is open again. */
  restoreAll(): void {
    if (!this.mayChange()) return
    const back = [...this.rejected]
    if (back.length === 0) return
    this.context.history.add('restore', {
      undo: () => this.setRejected(back, true),
      redo: () => this.setRejected(back, false),
    })
    this.setRejected(back, false)
  }

  /** Accepts one and opens it for editing: vertices of an outline, the brush on a mask. */
  adjust(id: string): boolean {
    if (!this.accept([id]).includes(id)) return false
    const record = this.context.store.get(id)
    if (!record) return false
    this.choose(null)
    const tool = record.kind === 'mask' ? 'brush' : record.kind === 'polygon' ? 'vertex' : 'select'
    // A tool that works on the selection is to find it there when it is taken up.
    if (this.context.state.get().tool !== 'select') this.context.switchTo('select')
    this.context.state.set({ selection: new Set([id]), vertices: [] })
    this.context.switchTo(tool)
    this.context.reveal(record)
    return true
  }

  /** Gives a proposal another class before it is accepted. */
  setClass(id: string, classIndex: number): void {
    const proposal = this.byId.get(id)
    if (!proposal || proposal.record.classIndex === classIndex) return
    const changed = { ...proposal, record: withFields(proposal.record, { classIndex }) }
    this.byId.set(id, changed)
    this.sorted = this.sorted.map((one) => (one === proposal ? changed : one))
    this.places.apply({ added: {}, removed: {}, updated: { [id]: [proposal.record, changed.record] } })
    this.unchecked.add(id)
    this.present()
    this.plan()
  }

  /** Whether a model made the object and somebody changed it since. */
  isChangedSince(record: AnnotationRecord): boolean {
    if (record.source !== 'model') return false
    if (record.version !== null && record.version > record.created) return true
    const was = this.asAccepted.get(record.id)
    return was !== undefined && (was.classIndex !== record.classIndex || !sameGeometry(was, record))
  }

  private mayChange(): boolean {
    if (!this.context.state.get().readOnly) return true
    this.context.hint({ key: 'hint.readOnly', tone: 'warning' })
    return false
  }

  private openOnes(ids: readonly string[]): AnnotationRecord[] {
    const wanted = new Set(ids)
    return this.sorted.flatMap(({ record }) =>
      wanted.has(record.id) && this.isOpen(record.id) ? record : [],
    )
  }

  private isKnownClass(index: number): boolean {
    return index === VOID || this.context.state.get().classes.some((item) => item.index === index)
  }

  private fitted(records: readonly AnnotationRecord[]): readonly AnnotationRecord[] {
    const { index, width, height } = this.context
    const { exclusive, overlap } = this.context.state.get()
    if (exclusive || overlap !== 'free')
      return giveWay(records, { width, height, near: (rect) => index.query(rect) })
    const isPersons = (record: AnnotationRecord) => record.source !== 'model' || this.isChangedSince(record)
    return records.map((record) => beneath(record, index.query(bboxOf(record)).filter(isPersons)))
  }

  /** Which to take in hand when those are gone: what follows the one in hand, where it is among them. */
  private afterThose(gone: ReadonlySet<string>): string | null {
    const { chosen } = this
    if (chosen === null || !gone.has(chosen)) return chosen
    const list = this.above()
    const at = list.findIndex(({ record }) => record.id === chosen)
    const rest = [...list.slice(at + 1), ...list.slice(0, Math.max(0, at))]
    return rest.find(({ record }) => !gone.has(record.id))?.record.id ?? null
  }

  private setRejected(ids: readonly string[], rejected: boolean): void {
    for (const id of ids) {
      if (rejected) this.rejected.add(id)
      else this.rejected.delete(id)
    }
    this.context.sendRejected(ids, rejected)
    this.present()
  }

  private remember(record: AnnotationRecord): void {
    if (record.source === 'model' && !this.asAccepted.has(record.id)) this.asAccepted.set(record.id, record)
  }

  private isVisible(id: string): boolean {
    const proposal = this.byId.get(id)
    return (
      proposal !== undefined &&
      this.isOpen(id) &&
      isAbove(proposal.score, this.state.get().threshold) &&
      isShown(this.context.state.get(), proposal.record)
    )
  }

  private plan(): void {
    if (this.planned || this.unchecked.size === 0) return
    this.planned = true
    this.context.whenIdle(() => {
      this.planned = false
      this.checkPortion()
      this.plan()
    })
  }

  /** Looks for a person's objects that are what proposals mean. */
  private checkPortion(): void {
    const { context } = this
    const end = context.now() + PORTION_MS
    let changed = false
    for (const id of this.unchecked) {
      this.unchecked.delete(id)
      const proposal = this.byId.get(id)
      if (!proposal) continue
      const found = isThere(proposal.record, context.index.query(bboxOf(proposal.record)), context)
      if (found !== this.there.has(id)) changed = true
      if (found) this.there.add(id)
      else this.there.delete(id)
      if (context.now() > end) break
    }
    if (changed) this.present()
  }

  private present(): void {
    const { store } = this.context
    const open = this.sorted.filter(({ record }) => this.isOpen(record.id))
    const accepted = this.sorted.filter(({ record }) => store.has(record.id)).length
    const { threshold, hover, chosen } = this.state.get()
    const kept = (id: string | null) => (id !== null && this.isOpen(id) ? id : null)
    const rejected = [...this.rejected].filter((id) => !store.has(id)).length
    this.state.set({
      open,
      above: countAbove(open, threshold),
      accepted,
      rejected,
      there: this.sorted.length - open.length - accepted - rejected,
      hover: kept(hover),
      chosen: kept(chosen),
    })
    this.paint(open)
  }

  private paint(open: readonly Proposal[]): void {
    const now = new Map(open.map(({ record }) => [record.id, record]))
    const put = open.flatMap(({ record }) => (this.shownNow.get(record.id) === record ? [] : record))
    const remove = [...this.shownNow.values()].filter(({ id }) => !now.has(id))
    this.shownNow = now
    if (put.length + remove.length > 0) this.onPaint({ put, remove })
  }
}

function roomOf(record: AnnotationRecord): number {
  const { x0, y0, x1, y1 } = bboxOf(record)
  return (x1 - x0) * (y1 - y0)
}
