/** The worker that paints settled objects into tiles: messages in, bitmaps out. What is painted is scene.ts. */
import { type FromPainter, TILE, type TileRequest, type ToPainter } from './protocol'
import { Scene } from './scene'

let scene = new Scene()
let turnOf = 0
const canvas = new OffscreenCanvas(TILE, TILE)
const scratchCanvas = new OffscreenCanvas(TILE, TILE)

function contextOf(surface: OffscreenCanvas): OffscreenCanvasRenderingContext2D {
  const context = surface.getContext('2d')
  if (!context) throw new Error('no 2D context in this worker')
  return context
}
const context = contextOf(canvas)
const scratch = { canvas: scratchCanvas, context: contextOf(scratchCanvas) }

let waiting: TileRequest[] = []
let scale = 1
let busy = false
const turn = new MessageChannel()

/** One tile a turn of the event loop, so that a newer request or a change is seen before the next tile. */
turn.port1.onmessage = () => {
  const tile = waiting.shift()
  if (!tile) {
    busy = false
    return
  }
  paint(tile)
  turn.port2.postMessage(null)
}

function paint(tile: TileRequest): void {
  context.clearRect(0, 0, TILE, TILE)
  const bitmap = scene.paint(context, scratch, tile, scale) ? canvas.transferToImageBitmap() : null
  const answer: FromPainter = { type: 'tile', turn: turnOf, scale, tile, bitmap }
  self.postMessage(answer, { transfer: bitmap ? [bitmap] : [] })
}

self.onmessage = ({ data }: MessageEvent<ToPainter>) => {
  switch (data.type) {
    case 'begin':
      scene = new Scene()
      turnOf = data.turn
      waiting = []
      return
    case 'put':
      return scene.put(data.records)
    case 'remove':
      return scene.remove(data.ids)
    case 'propose':
      return scene.propose(data.put, data.remove)
    case 'style':
      return scene.setStyle(data.style)
    case 'leave-out':
      return scene.leaveOut(data.ids)
    case 'paint':
      scale = data.scale
      waiting = [...data.tiles]
      if (busy) return
      busy = true
      turn.port2.postMessage(null)
  }
}
