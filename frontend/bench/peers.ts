/**
 * The scenes of the editor's benchmark as other tools draw them: a node for each object, in SVG or on a Konva layer.
 *
 * Each is written as its own documentation advises for many shapes (Konva: no perfect drawing, no stroke shadows, the
 * photograph on a layer of its own that does not listen; SVG: one path an object, moved by the transform of their
 * group). Neither has labels, handles or panels: it is the least that such an editor has to do.
 */
import Konva from 'konva'

import type { AnnotationRecord, DocumentState } from '@/core/document'

import { around, COLOURS, drive, frame, middle } from './drive'
import { polygonScene, type SceneSize } from './scenes'

interface Peer {
  /** Shows the image point (x, y) at the middle of the window. */
  view(scale: number, x: number, y: number): void
  hoverAt(x: number, y: number): void
  /** Moves the first vertex of the object in hand by an offset. */
  dragVertex(dx: number, dy: number): void
}

const root = document.getElementById('root')!
let scene: DocumentState | null = null
let peer: Peer | null = null

function rings(record: AnnotationRecord): readonly Float32Array[] {
  return record.kind === 'polygon' ? record.polygons.flat() : []
}

const colourOf = (record: AnnotationRecord) => COLOURS[(record.classIndex - 1) % COLOURS.length]!

/** The object nearest to the middle of the image: the one whose vertex is dragged. */
function middleObject({ width, height, records }: DocumentState): number {
  let [best, least] = [0, Number.POSITIVE_INFINITY]
  records.forEach((record, k) => {
    const ring = rings(record)[0]
    if (!ring) return
    const far = Math.hypot(ring[0]! - width / 2, ring[1]! - height / 2)
    if (far < least) [best, least] = [k, far]
  })
  return best
}

function openSvg({ width, height, records }: DocumentState, photograph: HTMLCanvasElement): Peer {
  const make = <K extends keyof SVGElementTagNameMap>(name: K) =>
    document.createElementNS('http://www.w3.org/2000/svg', name)
  const svg = make('svg')
  const group = make('g')
  const image = make('image')
  image.setAttribute('href', photograph.toDataURL('image/jpeg', 0.8))
  image.setAttribute('width', String(width))
  image.setAttribute('height', String(height))
  group.append(image)
  const pathOf = (ring: Float32Array) => `M${Array.from(ring, (value) => value.toFixed(2)).join(' ')}Z`
  const paths = records.map((record) => {
    const path = make('path')
    path.setAttribute('d', rings(record).map(pathOf).join(''))
    path.setAttribute('fill', colourOf(record))
    path.setAttribute('fill-opacity', '0.35')
    path.setAttribute('stroke', colourOf(record))
    path.setAttribute('vector-effect', 'non-scaling-stroke')
    group.append(path)
    return path
  })
  svg.append(group)
  root.replaceChildren(svg)
  let hovered: Element | null = null
  const chosen = middleObject({ width, height, records } as DocumentState)
  const ring = rings(records[chosen]!)[0]!
  return {
    view(scale, x, y) {
      const at = middle()
      group.setAttribute('transform', `translate(${at.x - x * scale} ${at.y - y * scale}) scale(${scale})`)
    },
    hoverAt(x, y) {
      const hit = document.elementFromPoint(x, y)
      if (hit === hovered) return
      hovered?.setAttribute('stroke-width', '1')
      hit?.setAttribute('stroke-width', '3')
      hovered = hit
    },
    dragVertex(dx, dy) {
      const moved = ring.slice()
      moved[0]! += dx
      moved[1]! += dy
      paths[chosen]!.setAttribute('d', pathOf(moved))
    },
  }
}

function openKonva({ width, height, records }: DocumentState, photograph: HTMLCanvasElement): Peer {
  root.replaceChildren()
  const stage = new Konva.Stage({ container: root as HTMLDivElement, width: innerWidth, height: innerHeight })
  const background = new Konva.Layer({ listening: false })
  background.add(new Konva.Image({ image: photograph, width, height }))
  const layer = new Konva.Layer()
  const lines = records.map((record) => {
    const line = new Konva.Line({
      points: Array.from(rings(record)[0]!),
      closed: true,
      fill: `${colourOf(record)}59`,
      stroke: colourOf(record),
      strokeWidth: 1,
      strokeScaleEnabled: false,
      perfectDrawEnabled: false,
      shadowForStrokeEnabled: false,
      hitStrokeWidth: 0,
    })
    layer.add(line)
    return line
  })
  stage.add(background, layer)
  let hovered: Konva.Shape | null = null
  const chosen = middleObject({ width, height, records } as DocumentState)
  const ring = rings(records[chosen]!)[0]!
  return {
    view(scale, x, y) {
      const at = middle()
      stage.scale({ x: scale, y: scale })
      stage.position({ x: at.x - x * scale, y: at.y - y * scale })
      stage.batchDraw()
    },
    hoverAt(x, y) {
      const hit = layer.getIntersection({ x, y })
      if (hit === hovered) return
      hovered?.setAttr('strokeWidth', 1)
      hit?.setAttr('strokeWidth', 3)
      hovered = hit
      layer.batchDraw()
    },
    dragVertex(dx, dy) {
      const moved = Array.from(ring)
      moved[0]! += dx
      moved[1]! += dy
      lines[chosen]!.points(moved)
      layer.batchDraw()
    },
  }
}

function photographOf(width: number, height: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas')
  canvas.width = width
  canvas.height = height
  const context = canvas.getContext('2d')!
  const stamp = context.createImageData(256, 256)
  for (let i = 0; i < stamp.data.length; i++) stamp.data[i] = i % 4 === 3 ? 255 : (i * 2654435761) % 251
  for (let y = 0; y < height; y += 256) for (let x = 0; x < width; x += 256) context.putImageData(stamp, x, y)
  return canvas
}

let scale = 1

const peers = {
  async open(kind: 'svg' | 'konva', size: SceneSize): Promise<number> {
    const photograph = photographOf(size.width, size.height)
    scene = polygonScene(size)
    await frame()
    const start = performance.now()
    peer = kind === 'svg' ? openSvg(scene, photograph) : openKonva(scene, photograph)
    peers.zoom(null)
    await frame()
    await frame()
    return performance.now() - start
  },
  /** Null fits the image into the window. */
  zoom(to: number | null): void {
    const { width, height } = scene!
    scale = to ?? Math.min(innerWidth / width, innerHeight / height)
    peer!.view(scale, width / 2, height / 2)
  },
  pan: (name: string, steps: number) =>
    drive(name, steps, (step) => {
      const { x, y } = around(step, 300)
      peer!.view(scale, scene!.width / 2 + x / scale, scene!.height / 2 + y / scale)
    }),
  hover: (name: string, steps: number) =>
    drive(name, steps, (step) => {
      const { x, y } = around(step, 350)
      peer!.hoverAt(x, y)
    }),
  vertexDrag: (name: string, steps: number) =>
    drive(name, steps, (step) => {
      peer!.dragVertex((12 * Math.sin(step / 7)) / scale, (12 * Math.cos(step / 5)) / scale)
    }),
}

export type Peers = typeof peers
;(window as unknown as { peers: Peers }).peers = peers
