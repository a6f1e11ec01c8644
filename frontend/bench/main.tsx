/**
 * The benchmark page: the editor's real session, layers and pointer handling without a server.
 *
 * `window.bench` offers one function a scenario. Each feeds one input a frame and puts a mark before it, so that the
 * driver (measure.py) can sum up, from the browser's own trace, what the main thread did for each frame.
 */
import { createRoot, type Root } from 'react-dom/client'

import '@/i18n'
import { imagePoint } from '@/core/points'
import { imageToScreen, zoomTo } from '@/core/viewport'
import { makeLevels } from '@/render/imageLevels'
import { Canvas } from '@/ui/editor/Canvas'
import { EditorSession } from '@/ui/editor/session'
import { USUAL_VIEW } from '@/ui/editor/view/options'

import { around, COLOURS, drive, frame, middle } from './drive'
import {
  documentOf,
  fullMasks,
  photograph,
  polygonScene,
  proposalScene,
  type RealScene,
  realScene,
  type SceneSize,
} from './scenes'

const classes = COLOURS.map((colour, k) => ({
  index: k + 1,
  name: `class ${k + 1}`,
  colour,
  hotkey: String(k + 1),
}))

const noServer = () => Promise.reject(new Error('the benchmark has no server'))

let root: Root | null = null
let session: EditorSession | null = null

async function open(document_: ReturnType<typeof documentOf>): Promise<number> {
  session?.dispose()
  root?.unmount()
  const start = performance.now()
  const fresh = new EditorSession({
    document: document_,
    classes,
    readOnly: false,
    exclusive: false,
    view: USUAL_VIEW,
    tools: {},
    assists: { ask: noServer },
    clicks: { models: noServer, prepare: noServer, ask: noServer, glance: noServer },
  })
  session = fresh
  fresh.state.set({ tool: 'select', activeClass: 1, brushSize: 24, brushShape: 'round' })
  fresh.tools.use('select')
  root = createRoot(document.getElementById('root')!)
  root.render(<Canvas session={fresh} />)
  await frame()
  await frame()
  await fresh.whenSettled()
  return performance.now() - start
}

function canvas(): HTMLElement {
  return document.querySelector<HTMLElement>('.editor-canvas')!
}

function pointer(type: string, x: number, y: number, more: PointerEventInit = {}): void {
  const init = {
    clientX: x,
    clientY: y,
    bubbles: true,
    cancelable: true,
    pointerId: 1,
    pointerType: 'mouse',
    ...more,
  }
  canvas().dispatchEvent(new PointerEvent(type, init))
}

const bench = {
  openPolygons: (size: SceneSize) => open(polygonScene(size)),
  /** A scene from a file: rings as flat numbers, and the photograph beside it. */
  async openReal(url: string): Promise<number> {
    const scene = (await (await fetch(url)).json()) as RealScene
    const took = await open(realScene(scene))
    const levels = await makeLevels(await (await fetch(scene.image)).blob())
    session!.setImage(levels)
    await frame()
    return took
  },
  openMasks: (count: number, width: number, height: number) => open(fullMasks(count, width, height)),
  openEmpty: (width: number, height: number) => open(documentOf(width, height, [])),
  /** A model's proposals over a document of a person's objects; ms until they are painted. */
  async propose(size: SceneSize, masks: boolean): Promise<number> {
    const proposals = proposalScene(size, masks)
    const model = { id: 'm', number: 1, name: '' }
    const start = performance.now()
    session!.review.begin({
      id: 'p',
      model,
      proposals,
      rejected: [],
      score: null,
      uncertainty: null,
      overlay: false,
    })
    session!.review.setThreshold(0)
    await session!.whenSettled()
    return performance.now() - start
  },
  /** ms of the main thread for accepting all of them, and until they are painted as objects. */
  async acceptAll(): Promise<{ script: number; painted: number }> {
    const start = performance.now()
    session!.review.acceptAbove()
    const script = performance.now() - start
    await session!.whenSettled()
    return { script, painted: performance.now() - start }
  },
  setImage(width: number, height: number): void {
    session!.setImage(photograph(width, height))
  },
  async zoomTo(scale: number): Promise<void> {
    session!.setViewport(zoomTo(session!.view.get().viewport, scale))
    await new Promise((resolve) => setTimeout(resolve, 200))
    await session!.whenSettled()
    await frame()
  },
  fit: async (): Promise<void> => {
    session!.tools.zoomFit()
    await new Promise((resolve) => setTimeout(resolve, 200))
    await session!.whenSettled()
  },
  async pan(name: string, steps: number): Promise<number[]> {
    session!.tools.use('hand')
    const { x, y } = middle()
    pointer('pointerdown', x, y, { button: 0, buttons: 1 })
    const intervals = await drive(name, steps, (step) => {
      const at = around(step, 300)
      pointer('pointermove', at.x, at.y, { buttons: 1 })
    })
    pointer('pointerup', x, y)
    session!.tools.use('select')
    return intervals
  },
  zoom: (name: string, steps: number) =>
    drive(name, steps, (step) => {
      const deltaY = Math.floor(step / 20) % 2 === 0 ? -60 : 60
      const { x, y } = middle()
      canvas().dispatchEvent(
        new WheelEvent('wheel', { clientX: x, clientY: y, deltaY, cancelable: true, bubbles: true }),
      )
    }),
  threshold: (name: string, steps: number) =>
    drive(name, steps, (step) => session!.review.setThreshold(((7 * step) % 100) / 100)),
  hover: (name: string, steps: number) =>
    drive(name, steps, (step) => {
      const at = around(step, 350)
      pointer('pointermove', at.x, at.y)
    }),
  async vertexDrag(name: string, steps: number): Promise<number[]> {
    const view = session!.view.get().viewport
    const centre = imagePoint(view.imageWidth / 2, view.imageHeight / 2)
    const record = session!.index.hit(centre, { tolerance: 40 })
    if (record?.kind !== 'polygon') throw new Error('no polygon in the middle')
    session!.state.set({ selection: new Set([record.id]) })
    session!.tools.use('vertex')
    const ring = record.polygons[0]![0]!
    const at = imageToScreen(view, imagePoint(ring[0]!, ring[1]!))
    pointer('pointermove', at.x, at.y)
    pointer('pointerdown', at.x, at.y, { button: 0, buttons: 1 })
    const intervals = await drive(name, steps, (step) => {
      pointer('pointermove', at.x + 12 * Math.sin(step / 7), at.y + 12 * Math.cos(step / 5), { buttons: 1 })
    })
    pointer('pointerup', at.x, at.y)
    session!.tools.use('select')
    return intervals
  },
  async brush(name: string, steps: number, size: number): Promise<number[]> {
    session!.state.set({ brushSize: size, selection: new Set() })
    session!.tools.use('brush')
    const start = around(0, 200)
    pointer('pointermove', start.x, start.y)
    pointer('pointerdown', start.x, start.y, { button: 0, buttons: 1 })
    const intervals = await drive(name, steps, (step) => {
      const at = around(step, 200)
      pointer('pointermove', at.x, at.y, { buttons: 1 })
    })
    const begin = performance.now()
    pointer('pointerup', start.x, start.y)
    performance.measure(`${name}:release`, { start: begin, end: performance.now() })
    return intervals
  },
  releaseTime: (name: string) => performance.getEntriesByName(`${name}:release`).at(-1)?.duration ?? null,
}

export type Bench = typeof bench
;(window as unknown as { bench: Bench }).bench = bench
