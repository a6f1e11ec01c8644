/**
 * Undo and redo: the person's own changes between marks, as diffs. Remote changes are never undone.
 *
 * A step is undone object by object against what the store holds now: fields that others changed since are left
 * alone, and an object whose undo would overwrite someone else's change is skipped and reported.
 */
import { EMPTY_DIFF, invert, isEmptyDiff, squash, type Diff } from './diff'
import { withFields, type AnnotationRecord } from './document'
import { rebase, sameContent } from './rebase'
import type { DocumentStore } from './store'

interface Step {
  readonly label: string
  readonly diff: Diff
  /** What was done beside the document, with an empty diff. */
  readonly beside?: Beside
}

/** Something a person did that is no change of the document (a pre-label was rejected), and how it is taken back. */
export interface Beside {
  readonly undo: () => void
  readonly redo: () => void
}

export interface HistoryResult {
  readonly label: string
  /** What was really done to the store. */
  readonly diff: Diff
  /** Objects left as they are because someone else changed them. */
  readonly skipped: readonly string[]
}

export interface HistoryState {
  readonly canUndo: boolean
  readonly canRedo: boolean
  readonly undoLabel: string | null
  readonly redoLabel: string | null
}

export class History {
  readonly #store: DocumentStore
  readonly #limit: number
  readonly #listeners = new Set<() => void>()
  readonly #unsubscribe: () => void
  #undo: Step[] = []
  #redo: Step[] = []
  #pending: Diff[] = []
  #label = ''
  #replaying = false
  #state: HistoryState | null = null

  /** `limit`: the number of steps kept; the oldest are dropped. */
  constructor(store: DocumentStore, limit = 500) {
    this.#store = store
    this.#limit = limit
    this.#unsubscribe = store.subscribe(({ diff, source }) => {
      if (source === 'user' && !this.#replaying) this.#record(diff)
    })
  }

  /** Ends the step that is being recorded: what comes next is a step of its own, called `label`. */
  mark(label = ''): void {
    this.#close()
    this.#label = label
  }

  /** A step that is no change of the document: it was done already, and undo and redo come by it in its turn. */
  add(label: string, beside: Beside): void {
    this.#close()
    this.#push(this.#undo, { label, diff: EMPTY_DIFF, beside })
    this.#redo = []
    this.#changed()
  }

  /** Takes the last step back. Steps of which nothing can be taken back are passed over. Null: nothing to undo. */
  undo(): HistoryResult | null {
    this.#close()
    return this.#replay(this.#undo, this.#redo, 'undo')
  }

  /** Does the last undone step again. */
  redo(): HistoryResult | null {
    this.#close()
    return this.#replay(this.#redo, this.#undo, 'redo')
  }

  /** Takes back what was done since the last mark, without a way to redo it (Esc during a drag). */
  cancel(): Diff | null {
    const step = this.#takePending()
    if (step === null) return null
    const { diff } = this.#applyStep(invert(step.diff))
    this.#changed()
    return diff
  }

  clear(): void {
    this.#undo = []
    this.#redo = []
    this.#pending = []
    this.#changed()
  }

  /** A snapshot that stays the same object until something changes (for useSyncExternalStore). */
  get state(): HistoryState {
    this.#state ??= {
      canUndo: this.#undo.length > 0 || this.#pending.length > 0,
      canRedo: this.#redo.length > 0,
      undoLabel: this.#pending.length > 0 ? this.#label : (this.#undo.at(-1)?.label ?? null),
      redoLabel: this.#redo.at(-1)?.label ?? null,
    }
    return this.#state
  }

  /** True while a step is being undone or done again. */
  get replaying(): boolean {
    return this.#replaying
  }

  get canUndo(): boolean {
    return this.state.canUndo
  }

  get canRedo(): boolean {
    return this.state.canRedo
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Stops listening to the store. */
  dispose(): void {
    this.#unsubscribe()
    this.#listeners.clear()
  }

  #record(diff: Diff): void {
    this.#pending.push(diff)
    // A long drag makes one diff per pointer event: keep the pending list short.
    if (this.#pending.length > 32) this.#pending = [squash(this.#pending)]
    this.#redo = []
    this.#changed()
  }

  #takePending(): Step | null {
    if (this.#pending.length === 0) return null
    const diff = squash(this.#pending)
    this.#pending = []
    return isEmptyDiff(diff) ? null : { label: this.#label, diff }
  }

  #close(): void {
    const had = this.#pending.length > 0
    const step = this.#takePending()
    if (step !== null) this.#push(this.#undo, step)
    if (had) this.#changed()
  }

  #push(stack: Step[], step: Step): void {
    stack.push(step)
    if (stack.length > this.#limit) stack.shift()
  }

  #replay(from: Step[], to: Step[], way: keyof Beside): HistoryResult | null {
    const direction = (diff: Diff) => (way === 'undo' ? invert(diff) : diff)
    const skipped: string[] = []
    for (let step = from.pop(); step !== undefined; step = from.pop()) {
      if (step.beside) {
        step.beside[way]()
        this.#push(to, step)
        this.#changed()
        return { label: step.label, diff: EMPTY_DIFF, skipped }
      }
      const result = this.#applyStep(direction(step.diff))
      skipped.push(...result.skipped)
      if (isEmptyDiff(result.diff)) continue
      const forward = direction(result.diff)
      this.#push(to, { label: step.label, diff: forward })
      this.#changed()
      return { label: step.label, diff: result.diff, skipped }
    }
    this.#changed()
    return null
  }

  #applyStep(wanted: Diff): { diff: Diff; skipped: string[] } {
    const skipped: string[] = []
    this.#replaying = true
    try {
      const diff = this.#store.transact('user', (transaction) => {
        for (const [id, record] of Object.entries(wanted.removed)) {
          const current = transaction.get(id)
          if (current !== undefined && sameContent(current, record)) transaction.remove(id)
          else if (current !== undefined) skipped.push(id)
        }
        for (const [id, [from, to]] of Object.entries(wanted.updated)) {
          const next = rebaseOn(transaction.get(id), from, to)
          if (next === null) skipped.push(id)
          else transaction.put(next)
        }
        for (const [id, record] of Object.entries(wanted.added)) {
          if (transaction.get(id) === undefined) transaction.put(record)
          else skipped.push(id)
        }
      })
      return { diff, skipped }
    } finally {
      this.#replaying = false
    }
  }

  #changed(): void {
    this.#state = null
    for (const listener of [...this.#listeners]) listener()
  }
}

function rebaseOn(
  current: AnnotationRecord | undefined,
  from: AnnotationRecord,
  to: AnnotationRecord,
): AnnotationRecord | null {
  if (current === undefined) return null
  const next = rebase(current, from, to)
  return next === null ? null : withFields(next, { version: current.version, created: current.created })
}
