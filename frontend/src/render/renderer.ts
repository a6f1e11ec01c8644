/**
 * The stack of canvases and what is redrawn when. Owns the canvases, the painter's worker and the tile cache; knows
 * nothing of tools or the network: it is told diffs of the settled objects and shown one FrameState after the other.
 *
 * A hover or a drag touches the upper layers only; pan and zoom move tiles that are there already.
 */
import { type Diff, touchedIds } from '@/core/diff'
import type { AnnotationRecord } from '@/core/document'
import type { DraftMask } from '@/core/draft'
import { intersectRect, type Rect, unionRect } from '@/core/points'
import { bboxOf } from '@/core/shapes'
import { visibleRect } from '@/core/viewport'

import type { FrameState } from './frame'
import type { ImageLevels } from './imageLevels'
import { drawHeat } from './heat'
import { drawInteraction } from './interaction'
import { drawActive, drawImage, drawTiles, slackOf } from './layers'
import { DraftMaskLayer, MaskCanvas } from './maskCanvas'
import { Looks } from './look'
import type { FromPainter, SceneStyle, ToPainter } from './protocol'
import { TileCache } from './tileCache'
import { nextTurn } from './workerShelf'

const LAYERS = ['image', 'heat', 'settled', 'active', 'mask', 'interaction'] as const
type LayerName = (typeof LAYERS)[number]

/** Tiles of 1 MiB each that are kept. */
const TILE_CAPACITY = 160
/** After the last zoom step, before tiles of the new scale are asked for and the photograph is drawn finely. */
const CALM_MS = 90

export interface RendererOptions {
  readonly host: HTMLElement
  readonly makePainter: () => Worker
  /** What becomes of the painter afterwards; it is ended when this is left out. */
  readonly endPainter?: (painter: Worker) => void
  readonly lookUp: (id: string) => AnnotationRecord | undefined
}

export class Renderer {
  private readonly contexts: Record<LayerName, CanvasRenderingContext2D>
  private readonly painter: Worker
  private readonly turn = nextTurn()
  private readonly tiles: TileCache<ImageBitmap>
  private readonly masks = new MaskCanvas()
  private readonly draftMask: DraftMaskLayer
  private readonly looks: Looks
  private frame: FrameState | null = null
  private drawn: FrameState | null = null
  private dirty = new Set<LayerName>(LAYERS)
  private request = 0
  private calm: ReturnType<typeof setTimeout> | null = null
  private moving = false
  private unsettled = new Set<string>()
  private keptMask: DraftMask | null = null
  private leftOut = ''
  private readonly idle = new Set<() => void>()

  constructor(private readonly options: RendererOptions) {
    this.contexts = Object.fromEntries(LAYERS.map((name) => [name, addLayer(options.host, name)])) as Record<
      LayerName,
      CanvasRenderingContext2D
    >
    this.looks = new Looks(() => this.mark('image'))
    this.draftMask = new DraftMaskLayer(this.contexts.mask, this.masks)
    this.tiles = new TileCache({ capacity: TILE_CAPACITY, release: (bitmap) => bitmap.close() })
    this.painter = options.makePainter()
    this.post({ type: 'begin', turn: this.turn })
    this.painter.onmessage = ({ data }: MessageEvent<FromPainter>) => this.onTile(data)
  }

  /**
   * The objects that are there to begin with. They are seen when the painter has painted them: drawing all of them
   * here first would take longer than that.
   */
  begin(records: readonly AnnotationRecord[]): void {
    if (records.length > 0) this.post({ type: 'put', records })
    this.tiles.invalidateAll()
    this.ask()
  }

  /** The settled objects changed: the worker gets the difference, tiles under it are painted anew. */
  apply(diff: Diff): void {
    const removed = Object.keys(diff.removed)
    const updated = Object.values(diff.updated)
    const put = [...Object.values(diff.added), ...updated.map(([, to]) => to)]
    if (put.length > 0) this.post({ type: 'put', records: put })
    if (removed.length > 0) this.post({ type: 'remove', ids: removed })
    const before = [...Object.values(diff.removed), ...updated.map(([from]) => from)]
    this.invalidate([...before, ...put])
    for (const id of touchedIds(diff)) this.unsettled.add(id)
    for (const id of removed) this.unsettled.delete(id)
    this.mark('active')
    this.ask()
  }

  /** A model's proposals changed: the painter gets the difference, and what lies there is painted anew. */
  propose(put: readonly AnnotationRecord[], removed: readonly AnnotationRecord[]): void {
    this.post({ type: 'propose', put, remove: removed.map((record) => record.id) })
    this.invalidate([...put, ...removed])
    this.ask()
  }

  /** Shows this from the next frame on. */
  show(frame: FrameState): void {
    const last = this.frame
    this.frame = frame
    if (last?.viewport !== frame.viewport) this.moved(last)
    if (last?.style !== frame.style) this.restyle(frame.style)
    if (last?.image !== frame.image) this.follow(last?.image ?? null, frame.image)
    if (last?.look !== frame.look) this.mark('image')
    if (last?.selected !== frame.selected) this.mark('active')
    if (last?.hovered !== frame.hovered || last.pointed !== frame.pointed) this.mark('interaction')
    if ((last?.heat ?? null) !== (frame.heat ?? null)) this.mark('heat')
    if (last?.draft !== frame.draft) this.redraft(last, frame)
  }

  /** Resolves when every visible tile shows the newest state. */
  whenSettled(): Promise<void> {
    if (this.isSettled()) return Promise.resolve()
    return new Promise((resolve) => this.idle.add(resolve))
  }

  dispose(): void {
    this.follow(this.frame?.image ?? null, null)
    this.post({ type: 'begin', turn: 0 }) // lets go of the objects
    if (this.options.endPainter) this.options.endPainter(this.painter)
    else this.painter.terminate()
    this.looks.dispose()
    this.tiles.clear()
    if (this.calm !== null) clearTimeout(this.calm)
    cancelAnimationFrame(this.request)
    for (const name of LAYERS) this.contexts[name].canvas.remove()
  }

  /** Tiles of a large image are drawn as they come. */
  private follow(last: ImageLevels | null, image: ImageLevels | null): void {
    if (last?.tiles) last.tiles.onChange = () => undefined
    if (image?.tiles) image.tiles.onChange = () => this.mark('image')
    this.mark('image')
  }

  private redraft(last: FrameState | null, frame: FrameState): void {
    this.mark('interaction')
    const was = last?.draft
    const { draft } = frame
    const preview = draft.preview?.mask ?? null
    if (was?.records !== draft.records || was.mask !== draft.mask || was.path !== draft.path)
      this.mark('active')
    if ((was?.preview?.mask ?? null) !== preview || was?.preview?.classIndex !== draft.preview?.classIndex)
      this.mark('active')
    if (was?.mask !== draft.mask || draft.mask) this.mark('mask')
    if (draft.mask) this.keptMask = draft.mask
    this.leaveOut(frame)
  }

  /** Objects in the tool's hands are not painted in tiles: the active layer shows them. */
  private leaveOut({ draft }: FrameState): void {
    const ids = draft.records.map((record) => record.id)
    if (draft.mask?.replaces) ids.push(draft.mask.replaces)
    const name = ids.join()
    if (name === this.leftOut) return
    const before = this.leftOut === '' ? [] : this.leftOut.split(',')
    this.leftOut = name
    this.post({ type: 'leave-out', ids })
    const changed = [...before, ...ids]
      .map((id) => this.options.lookUp(id))
      .filter((record) => record !== undefined)
    for (const id of before) if (this.options.lookUp(id)) this.unsettled.add(id)
    this.invalidate(changed)
    this.ask()
  }

  private restyle(style: SceneStyle): void {
    this.post({ type: 'style', style })
    this.tiles.invalidateAll()
    this.mark('active')
    this.draftMask.forget()
    this.mark('mask')
    this.mark('interaction')
    this.ask()
  }

  private moved(last: FrameState | null): void {
    const { viewport } = this.frame!
    for (const name of LAYERS) this.mark(name)
    if (!last) this.tiles.keepOverview(viewport.scale * viewport.dpr)
    if (last?.viewport.scale === viewport.scale) this.ask()
    // Until something is on screen the view is only being put into its place.
    this.moving = this.drawn !== null
    if (this.calm !== null) clearTimeout(this.calm)
    this.calm = setTimeout(() => this.calmed(), this.moving ? CALM_MS : 0)
  }

  private calmed(): void {
    this.moving = false
    this.calm = null
    this.mark('image')
    this.ask()
  }

  /** Asks for what is visible and out of date. While zooming nothing is: tiles would be stale on arrival. */
  private ask(): void {
    const view = this.visible()
    if (!view || (this.moving && !this.tiles.scales.includes(view.scale))) return
    const tiles = this.tiles.wanted(view.scale, view.rect)
    if (tiles.length > 0) this.post({ type: 'paint', scale: view.scale, tiles })
    else this.settled()
  }

  private onTile({ turn, scale, tile, bitmap }: FromPainter): void {
    if (turn !== this.turn) {
      bitmap?.close() // of the document that the painter painted before
      return
    }
    this.tiles.accept(scale, tile, bitmap)
    this.mark('settled')
    if (this.isSettled()) this.settled()
  }

  private isSettled(): boolean {
    const view = this.visible()
    return view !== null && !this.moving && this.tiles.isFresh(view.scale, view.rect)
  }

  private settled(): void {
    if (!this.isSettled()) return
    if (this.unsettled.size > 0) {
      this.unsettled.clear()
      this.mark('active')
    }
    if (this.keptMask && !this.frame?.draft.mask) {
      this.keptMask = null
      this.mark('mask')
    }
    for (const resolve of this.idle) resolve()
    this.idle.clear()
  }

  /** The part of the image on screen and the scale of its tiles; null before the first frame or off the image. */
  private visible(): { scale: number; rect: Rect } | null {
    if (!this.frame) return null
    const { viewport } = this.frame
    const image = { x0: 0, y0: 0, x1: viewport.imageWidth, y1: viewport.imageHeight }
    const rect = intersectRect(visibleRect(viewport), image)
    return rect ? { scale: viewport.scale * viewport.dpr, rect } : null
  }

  private invalidate(records: readonly AnnotationRecord[]): void {
    const margin = 4
    if (records.length > 50) {
      const all = records.reduce<Rect | null>((sum, record) => unionRect(sum, bboxOf(record)), null)
      if (all) this.tiles.invalidate(all, margin)
    } else for (const record of records) this.tiles.invalidate(bboxOf(record), margin)
  }

  private post(message: ToPainter): void {
    this.painter.postMessage(message)
  }

  private mark(layer: LayerName): void {
    this.dirty.add(layer)
    if (this.request === 0) this.request = requestAnimationFrame(() => this.draw())
  }

  private draw(): void {
    this.request = 0
    const { frame } = this
    if (!frame) return
    this.fitCanvases(frame)
    const dirty = this.dirty
    this.dirty = new Set()
    if (dirty.has('image')) this.lookAtTiles(frame)
    if (dirty.has('image')) drawImage(this.contexts.image, frame, this.moving, this.looks)
    if (dirty.has('heat')) this.reveal('heat', drawHeat(this.contexts.heat, frame))
    if (dirty.has('settled')) this.drawSettled(frame)
    if (dirty.has('active'))
      this.reveal('active', drawActive(this.contexts.active, frame, this.unsettledRecords(frame), this.masks))
    if (dirty.has('mask')) this.drawMask(frame)
    if (dirty.has('interaction')) drawInteraction(this.contexts.interaction, frame)
    this.drawn = frame
  }

  private lookAtTiles({ image }: FrameState): void {
    const view = this.visible()
    if (view) image?.tiles?.look(view.scale, slackOf(this.moving), view.rect)
  }

  private drawSettled(frame: FrameState): void {
    const view = this.visible()
    const blits = view ? this.tiles.blits(view.scale, view.rect) : []
    drawTiles(this.contexts.settled, frame, blits)
  }

  private unsettledRecords(frame: FrameState): AnnotationRecord[] {
    const kept = frame.draft.mask ? null : this.keptMask?.replaces
    const records = [...this.unsettled].map((id) => (id === kept ? undefined : this.options.lookUp(id)))
    return records.filter((record) => record !== undefined)
  }

  private drawMask(frame: FrameState): void {
    const mask = frame.draft.mask ?? this.keptMask
    this.reveal('mask', mask !== null)
    if (mask) this.draftMask.draw(frame.viewport, mask, frame.style)
    else this.draftMask.clear()
  }

  /** An empty layer is taken out of the page: the browser would blend all of it into every frame. */
  private reveal(name: LayerName, filled: boolean): void {
    const { style } = this.contexts[name].canvas
    const display = filled ? '' : 'none'
    if (style.display !== display) style.display = display
  }

  private fitCanvases({ viewport }: FrameState): void {
    const { width, height, dpr } = viewport
    if (
      this.drawn?.viewport.width === width &&
      this.drawn.viewport.height === height &&
      this.drawn.viewport.dpr === dpr
    )
      return
    for (const name of LAYERS) {
      const { canvas } = this.contexts[name]
      canvas.width = Math.round(width * dpr)
      canvas.height = Math.round(height * dpr)
      canvas.style.width = `${width}px`
      canvas.style.height = `${height}px`
      this.dirty.add(name)
    }
    this.draftMask.forget()
  }
}

function addLayer(host: HTMLElement, name: LayerName): CanvasRenderingContext2D {
  const canvas = document.createElement('canvas')
  canvas.dataset.layer = name
  canvas.setAttribute('aria-hidden', 'true')
  canvas.style.cssText = 'position:absolute;inset:0;pointer-events:none'
  host.append(canvas)
  const context = canvas.getContext('2d', { willReadFrequently: false })
  if (!context) throw new Error('this browser gives no 2D context')
  return context
}
