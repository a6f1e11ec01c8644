import { describe, expect, it } from 'vitest'

import type { TilePlace, TilePyramid } from '@/core/tilePyramid'
import { TiledImage, TileGone, type TiledOptions } from '@/render/tiledImage'

const PYRAMID: TilePyramid = { width: 30_000, height: 30_000, size: 512, levels: 7 }
const BYTES = 512 * 512 * 4

interface Fake {
  readonly name: string
  released: boolean
}

/** A server whose answers the test gives one by one. */
class Server {
  readonly asked: { name: string; place: TilePlace; answer: () => void; fail: (error: Error) => void }[] = []
  readonly aborted: string[] = []
  readonly made: Fake[] = []
  readonly waiting: { milliseconds: number; run: () => void }[] = []
  changes = 0
  gone = 0

  image(options: Partial<TiledOptions<Fake>> = {}, pyramid = PYRAMID): TiledImage<Fake> {
    const image = new TiledImage<Fake>(pyramid, {
      fetch: (place, signal) =>
        new Promise((resolve, reject) => {
          const name = `${place.level}/${place.column}_${place.row}`
          const answer = () => {
            const bitmap = { name, released: false }
            this.made.push(bitmap)
            resolve(bitmap)
          }
          this.asked.push({ name, place, answer, fail: reject })
          signal.addEventListener('abort', () => {
            this.aborted.push(name)
            reject(new Error('aborted'))
          })
        }),
      sizeOf: () => ({ width: 512, height: 512 }),
      release: (bitmap) => {
        bitmap.released = true
      },
      after: (milliseconds, run) => this.waiting.push({ milliseconds, run }),
      ...options,
    })
    image.onChange = () => (this.changes += 1)
    image.onGone = () => (this.gone += 1)
    return image
  }

  /** Answers everything that is asked, and what is asked because of the answers. */
  async answerAll(): Promise<void> {
    for (let rounds = 0; this.asked.length > 0; rounds++) {
      if (rounds > 50) throw new Error('asked for tiles without end')
      for (const { answer } of this.asked.splice(0)) answer()
      await settle()
    }
  }
}

const settle = async () => {
  for (let i = 0; i < 5; i++) await Promise.resolve()
}
const at = (x: number, y: number, wide = 1000, high = 500) => ({ x0: x, y0: y, x1: x + wide, y1: y + high })

describe('tiles of a large image', () => {
  it('asks for what is on screen first, then for the level above and for the ring around', async () => {
    const server = new Server()
    const image = server.image({ atOnce: 100 })
    image.look(1, 1, at(5120, 5120, 1024, 512))
    const names = server.asked.map(({ name }) => name)
    expect(names.slice(0, 2).sort()).toEqual(['6/10_10', '6/11_10'])
    expect(names[2]).toMatch(/^5\//)
    expect(names.slice(3).every((name) => name.startsWith('6/'))).toBe(true)
    await server.answerAll()
    expect(image.isComplete(1, at(5120, 5120, 1024, 512))).toBe(true)
    expect(server.changes).toBe(names.length)
  })

  it('has no more requests on their way than allowed', async () => {
    const server = new Server()
    const image = server.image({ atOnce: 4 })
    image.look(1, 1, at(0, 0, 4000, 3000))
    expect(image.pending).toBe(4)
    server.asked[0]!.answer()
    await settle()
    expect(image.pending).toBe(4)
    expect(server.asked.length).toBe(5)
  })

  it('aborts what has left the screen and does not draw it', async () => {
    const server = new Server()
    const image = server.image({ atOnce: 4 })
    image.look(1, 1, at(0, 0))
    const first = server.asked.map(({ name }) => name)
    image.look(1, 1, at(20_000, 20_000))
    expect(server.aborted).toEqual(first)
    await settle()
    expect(server.waiting).toEqual([]) // an aborted request is no failure
    await server.answerAll()
    expect(image.pieces(1, 1, at(20_000, 20_000)).length).toBeGreaterThan(0)
    expect(image.pieces(1, 1, at(0, 0))).toEqual([])
  })

  it('does not ask again for what is on its way or there', async () => {
    const server = new Server()
    const image = server.image({ atOnce: 100 })
    image.look(1, 1, at(0, 0))
    const asked = server.asked.length
    image.look(1, 1, at(0, 0))
    expect(server.asked.length).toBe(asked)
    await server.answerAll()
    image.look(1, 1, at(0, 0))
    expect(server.asked).toEqual([])
  })

  it('shows a part of a coarser tile until the finer one comes', async () => {
    const server = new Server()
    const image = server.image({ atOnce: 100 })
    image.look(0.5, 1, at(0, 0, 1000, 1000))
    await server.answerAll()
    const [piece] = image.pieces(1, 1, at(600, 600, 100, 100))
    expect(piece!.bitmap.name).toBe('5/0_0')
    expect(piece!.to).toEqual({ x0: 512, y0: 512, x1: 1024, y1: 1024 })
    expect(piece!.from).toEqual({ x0: 256, y0: 256, x1: 512, y1: 512 })
  })

  it('shows finer tiles when zooming out, until the coarser one comes', async () => {
    const server = new Server()
    const image = server.image({ atOnce: 100 })
    image.look(1, 1, at(0, 0, 1024, 1024))
    for (const { place, answer } of server.asked.splice(0)) if (place.level === 6) answer()
    await settle()
    const pieces = image.pieces(0.5, 1, at(100, 100, 800, 800))
    expect(pieces.map(({ bitmap }) => bitmap.name).sort()).toEqual(['6/0_0', '6/0_1', '6/1_0', '6/1_1'])
  })

  it('draws pieces that do not overlap and fill the screen, whatever has come', async () => {
    const server = new Server()
    const image = server.image({ atOnce: 100 })
    image.look(0.5, 1, at(4000, 4000, 4000, 4000))
    await server.answerAll()
    image.look(1, 1, at(5000, 5000, 2000, 1500))
    server.asked.slice(0, 3).forEach(({ answer }) => answer())
    await settle()
    const pieces = image.pieces(1, 1, at(5000, 5000, 2000, 1500))
    const area = pieces.reduce((sum, { to }) => sum + (to.x1 - to.x0) * (to.y1 - to.y0), 0)
    const boxes = pieces.map(({ to }) => to)
    for (const a of boxes)
      for (const b of boxes)
        if (a !== b) expect(a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1).toBe(false)
    expect(area).toBe(5 * 4 * 512 * 512)
  })

  it('keeps a bounded number of bytes, and never lets go of what is on screen', async () => {
    const server = new Server()
    const image = server.image({ atOnce: 100, capacity: 24 * BYTES })
    for (let x = 0; x < 12_000; x += 1000) {
      image.look(1, 1, at(x, 5000))
      await server.answerAll()
      expect(image.size).toBeLessThanOrEqual(24 * BYTES)
      expect(image.isComplete(1, at(x, 5000))).toBe(true)
    }
    const alive = server.made.filter(({ released }) => !released).length
    expect(alive * BYTES).toBe(image.size)
    image.dispose()
    expect(server.made.every(({ released }) => released)).toBe(true)
  })

  it('settles where the screen needs more than may be kept', async () => {
    const server = new Server()
    const image = server.image({ atOnce: 100, capacity: BYTES })
    image.look(1, 1, at(5000, 5000))
    await server.answerAll()
    expect(image.pending).toBe(0)
    expect(image.isComplete(1, at(5000, 5000))).toBe(true)
  })

  it('tries a failed tile again, later each time, and the others meanwhile', async () => {
    const server = new Server()
    const image = server.image({ atOnce: 2 })
    image.look(1, 1, at(0, 0, 400, 400))
    const [first, second] = server.asked.splice(0)
    first!.fail(new Error('HTTP 500'))
    await settle()
    expect(server.waiting.map(({ milliseconds }) => milliseconds)).toEqual([400])
    expect(image.pending).toBe(2) // the next one took its place
    second!.answer()
    server.waiting[0]!.run()
    await settle()
    const again = server.asked.filter(({ name }) => name === first!.name)
    expect(again.length).toBe(1)
    again[0]!.fail(new Error('HTTP 500'))
    await settle()
    expect(server.waiting[1]!.milliseconds).toBe(800)
    expect(server.gone).toBe(0)
  })

  it('tells when the tiles are gone and does not ask for that one again', async () => {
    const server = new Server()
    const image = server.image({ atOnce: 1 })
    image.look(1, 1, at(0, 0, 400, 400))
    const { name, fail } = server.asked[0]!
    fail(new TileGone('HTTP 503'))
    await settle()
    expect(server.gone).toBe(1)
    image.look(1, 1, at(0, 0, 400, 400))
    expect(server.asked.filter((item) => item.name === name).length).toBe(1)
  })

  it('hands over every tile of a part for reading, and releases what comes after it was closed', async () => {
    const server = new Server()
    const image = server.image()
    const taken: string[] = []
    const reading = image.each(6, at(500, 500, 100, 100), ({ bitmap }) => taken.push(bitmap.name))
    await server.answerAll()
    await reading
    expect(taken.sort()).toEqual(['6/0_0', '6/0_1', '6/1_0', '6/1_1'])
    image.look(1, 1, at(9000, 9000))
    image.dispose()
    for (const { answer } of server.asked.splice(0)) answer()
    await settle()
    expect(image.size).toBe(0)
  })
})
