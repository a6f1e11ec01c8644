/**
 * A part of the image divided into pieces, of which a click or a sweep takes some and Alt gives some back. The pieces
 * came with the answer, so picking never asks the server; a press outside them asks for those around it.
 */
import { type AssistAnswer, type AssistMethod, type AssistQuestion, LONGEST } from '@/core/assist'
import type { MaskGeometry } from '@/core/document'
import { type DraftMarks, NO_MARKS } from '@/core/draft'
import { type Labels, labelBorders, labelsAlong, maskOfLabels } from '@/core/labels'
import { joinMasks, subtractMasks } from '@/core/maskAlgebra'
import type { ImagePoint, Rect } from '@/core/points'
import { EMPTY_MASK } from '@/core/rle'

import type { ToolState } from '../context'
import type { KeyInput, PointerInput } from '../events'
import { adds, mayBegin } from './begin'
import { Proposing } from './proposing'
import { regionAround, regionOfView, sideAt } from './region'
import { Sweeping } from './sweeping'

/** More lines than this cannot be told apart on screen, and would take longer than a frame to draw. */
const MOST_BORDERS = 60_000

/** Where the pointer went while it was down. */
export interface Sweep {
  readonly points: readonly ImagePoint[]
  readonly adds: boolean
}

export abstract class Picking extends Proposing {
  private labels: Labels | null = null
  private borders: Float32Array | null = null
  private region: Rect | null = null
  private sweeps: readonly Sweep[] = []
  /** What was picked from pieces of an earlier region. */
  private kept: MaskGeometry = EMPTY_MASK
  private picked: MaskGeometry = EMPTY_MASK
  private last: Made | null = null

  protected abstract get method(): AssistMethod
  protected abstract parameters(): Record<string, number | string>
  /** The pieces as they are picked; other than as they came where a setting says so. */
  protected pieces(labels: Labels): Labels {
    return labels
  }

  /** Looks at what is on screen; null where that shows nothing of the image. */
  over(point: ImagePoint | null): this | null {
    const { context } = this
    const longest = LONGEST[this.method]
    const view = context.view()
    this.region = point
      ? regionAround(point, sideAt(view, longest), context)
      : regionOfView(view, longest, context)
    return this.region ? this : null
  }

  pointer(input: PointerInput): ToolState {
    if (input.type !== 'down' || input.button !== 0 || !mayBegin(this.context, input)) return this
    if (!this.holds(input.image)) this.moveTo(input.image)
    return new Sweeping(this, { points: [input.image], adds: adds(this.context, input) })
  }

  /** Shows the pieces with one sweep more. */
  showSweep(sweep: Sweep): void {
    const picked = this.maskOf([...this.sweeps, sweep])
    if (picked === this.picked) return
    this.picked = picked
    this.present()
  }

  endSweep(sweep: Sweep): void {
    this.sweeps = [...this.sweeps, sweep]
    this.repick()
  }

  /** Forgets a sweep that was broken off. */
  repick(): void {
    this.picked = this.maskOf(this.sweeps)
    this.present()
  }

  override key(input: KeyInput): ToolState | null {
    if (input.key === 'Backspace' && !input.mod) {
      this.undoMark()
      return this
    }
    return super.key(input)
  }

  /** Undo takes the last sweep back; without any it means the document. */
  override undoMark(): ToolState | null {
    if (this.sweeps.length === 0) return null
    this.sweeps = this.sweeps.slice(0, -1)
    this.repick()
    return this
  }

  protected override get mask(): MaskGeometry | null {
    return this.picked
  }

  protected override get segments(): Float32Array | null {
    return this.borders
  }

  protected override get marks(): DraftMarks {
    return { ...NO_MARKS, box: this.region }
  }

  protected question(): AssistQuestion | null {
    return this.region && { method: this.method, region: this.region, parameters: this.parameters() }
  }

  protected dropMark(): boolean {
    return false
  }

  protected override received(answer: AssistAnswer): void {
    this.labels = answer.labels && this.pieces(answer.labels)
    const borders = this.labels && labelBorders(this.labels)
    this.borders = borders && borders.length <= 4 * MOST_BORDERS ? borders : null
    this.picked = this.maskOf(this.sweeps)
  }

  /** The next object is picked from the same pieces. */
  protected override accepted(): ToolState {
    this.sweeps = []
    this.kept = EMPTY_MASK
    this.repick()
    return this
  }

  private holds({ x, y }: ImagePoint): boolean {
    const { region } = this
    return region !== null && x >= region.x0 && y >= region.y0 && x < region.x1 && y < region.y1
  }

  private moveTo(point: ImagePoint): void {
    this.kept = this.picked
    this.sweeps = []
    this.labels = this.borders = null
    this.over(point)
    this.ask()
  }

  private maskOf(sweeps: readonly Sweep[]): MaskGeometry {
    const { labels } = this
    if (!labels) return this.kept
    const [taken, given] = [new Set<number>(), new Set<number>()]
    for (const sweep of sweeps) {
      for (const label of piecesUnder(labels, sweep)) {
        const [to, from] = sweep.adds ? [taken, given] : [given, taken]
        to.add(label)
        from.delete(label)
      }
    }
    if (taken.size + given.size === 0) return this.kept
    const now = { labels, taken, given, kept: this.kept }
    // Most moves of a sweep meet no new piece.
    if (this.last && isSame(this.last, now)) return this.last.mask
    const mask = this.made(now)
    this.last = { ...now, mask }
    return mask
  }

  private made({ labels, taken, given }: Choice): MaskGeometry {
    const left = this.kept.width === 0 ? EMPTY_MASK : subtractMasks(this.kept, maskOfLabels(labels, given))
    return taken.size === 0 ? left : joinMasks(left, maskOfLabels(labels, taken))
  }
}

interface Choice {
  readonly labels: Labels
  readonly taken: ReadonlySet<number>
  readonly given: ReadonlySet<number>
  readonly kept: MaskGeometry
}

interface Made extends Choice {
  readonly mask: MaskGeometry
}

function isSame(a: Choice, b: Choice): boolean {
  const alike = (one: ReadonlySet<number>, other: ReadonlySet<number>) =>
    one.size === other.size && [...one].every((label) => other.has(label))
  return a.labels === b.labels && a.kept === b.kept && alike(a.taken, b.taken) && alike(a.given, b.given)
}

/** The pieces of finished sweeps are asked for with every move of a new one. */
const known = new WeakMap<Labels, WeakMap<Sweep, Set<number>>>()

function piecesUnder(labels: Labels, sweep: Sweep): Set<number> {
  let ofLabels = known.get(labels)
  if (!ofLabels) known.set(labels, (ofLabels = new WeakMap()))
  let found = ofLabels.get(sweep)
  if (!found) {
    found = new Set()
    sweep.points.forEach((point, k) => {
      for (const label of labelsAlong(labels, sweep.points[k - 1] ?? point, point)) found!.add(label)
    })
    ofLabels.set(sweep, found)
  }
  return found
}
