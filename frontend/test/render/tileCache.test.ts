import { describe, expect, test } from 'vitest'

import { TILE, type TileRequest } from '../../src/render/protocol'
import { TileCache } from '../../src/render/tileCache'

const SCREEN = { x0: 0, y0: 0, x1: 2 * TILE, y1: 2 * TILE }

function cache(capacity = 100) {
  const released: string[] = []
  return { tiles: new TileCache<string>({ capacity, release: (bitmap) => released.push(bitmap) }), released }
}

function answer(
  tiles: TileCache<string>,
  scale: number,
  requests: readonly TileRequest[],
  name = 'tile',
): void {
  for (const request of requests)
    tiles.accept(scale, request, `${name} ${scale}:${request.column},${request.row}`)
}

const places = (requests: readonly TileRequest[]) =>
  requests.map(({ column, row }) => `${column},${row}`).sort()

describe('what is asked for', () => {
  test('all visible tiles at first, nearest to the middle of the view first, and none once they are there', () => {
    const { tiles } = cache()
    const wanted = tiles.wanted(1, { x0: 0, y0: 0, x1: 3 * TILE, y1: 3 * TILE })
    expect(wanted).toHaveLength(9)
    expect(wanted[0]).toMatchObject({ column: 1, row: 1 })
    answer(tiles, 1, wanted)
    expect(tiles.wanted(1, SCREEN)).toEqual([])
    expect(tiles.isFresh(1, SCREEN)).toBe(true)
  })

  test('a pan asks only for what it uncovers', () => {
    const { tiles } = cache()
    answer(tiles, 1, tiles.wanted(1, SCREEN))
    const moved = { ...SCREEN, x0: TILE, x1: 3 * TILE }
    expect(places(tiles.wanted(1, moved))).toEqual(['2,0', '2,1'])
  })

  test('a change dirties the tiles under it, those its outline reaches, and no others', () => {
    const { tiles } = cache()
    answer(tiles, 1, tiles.wanted(1, SCREEN))
    tiles.invalidate({ x0: 10, y0: 10, x1: 20, y1: 20 }, 4)
    expect(places(tiles.wanted(1, SCREEN))).toEqual(['0,0'])
    answer(tiles, 1, tiles.wanted(1, SCREEN))
    tiles.invalidate({ x0: 10, y0: 10, x1: TILE - 2, y1: 20 }, 4)
    expect(places(tiles.wanted(1, SCREEN))).toEqual(['0,0', '1,0'])
  })

  test('the reach of an outline counts in device pixels at every scale', () => {
    const { tiles } = cache()
    const far = { x0: 0, y0: 0, x1: TILE, y1: TILE }
    answer(tiles, 2, tiles.wanted(2, far))
    tiles.invalidate({ x0: 10, y0: 10, x1: TILE / 2 - 3, y1: 20 }, 4)
    expect(places(tiles.wanted(2, far))).toEqual(['0,0'])
    answer(tiles, 2, tiles.wanted(2, far))
    tiles.invalidate({ x0: 10, y0: 10, x1: TILE / 2 - 1, y1: 20 }, 4)
    expect(places(tiles.wanted(2, far))).toEqual(['0,0', '1,0'])
  })

  test('an answer that was overtaken by a change leaves the tile wanted', () => {
    const { tiles } = cache()
    const first = tiles.wanted(1, SCREEN)
    tiles.invalidate(SCREEN, 0)
    answer(tiles, 1, first, 'old')
    expect(tiles.wanted(1, SCREEN)).toHaveLength(4)
    expect(tiles.isFresh(1, SCREEN)).toBe(false)
    expect(tiles.blits(1, SCREEN)).toHaveLength(4)
  })

  test('a late answer never replaces a newer one, and its bitmap is released', () => {
    const { tiles, released } = cache()
    const [old] = tiles.wanted(1, { x0: 0, y0: 0, x1: 1, y1: 1 })
    tiles.invalidateAll()
    const [fresh] = tiles.wanted(1, { x0: 0, y0: 0, x1: 1, y1: 1 })
    expect(tiles.accept(1, fresh!, 'new')).toBe(true)
    expect(tiles.accept(1, old!, 'late')).toBe(false)
    expect(released).toEqual(['late'])
  })
})

describe('what is shown', () => {
  test('while zooming, the nearest scale is stretched until the first tiles of the new one arrive', () => {
    const { tiles } = cache()
    answer(tiles, 1, tiles.wanted(1, SCREEN))
    expect(tiles.blits(1.2, SCREEN).map((blit) => blit.bitmap)).toContain('tile 1:0,0')
    const wanted = tiles.wanted(1.2, SCREEN)
    answer(tiles, 1.2, wanted.slice(0, 1))
    const shown = tiles.blits(1.2, SCREEN)
    expect(shown.filter((blit) => blit.bitmap.startsWith('tile 1.2'))).toHaveLength(1)
    expect(shown.filter((blit) => blit.clip === null)).toHaveLength(1)
  })

  test('no place is drawn twice: tiles are translucent', () => {
    const { tiles } = cache()
    answer(tiles, 1, tiles.wanted(1, SCREEN))
    answer(tiles, 1.5, tiles.wanted(1.5, SCREEN).slice(0, 3))
    const hits = new Map<string, number>()
    for (const { rect, clip } of tiles.blits(1.5, SCREEN)) {
      const area = clip ?? rect
      for (let x = 8; x < 2 * TILE; x += 16)
        for (let y = 8; y < 2 * TILE; y += 16) {
          const inside = x >= area.x0 && x < area.x1 && y >= area.y0 && y < area.y1
          const drawn = x >= rect.x0 && x < rect.x1 && y >= rect.y0 && y < rect.y1
          if (inside && drawn) hits.set(`${x},${y}`, (hits.get(`${x},${y}`) ?? 0) + 1)
        }
    }
    expect(Math.max(...hits.values())).toBe(1)
    expect(hits.size).toBe(((2 * TILE) / 16) ** 2)
  })

  test('empty tiles are known as empty and not drawn', () => {
    const { tiles } = cache()
    for (const request of tiles.wanted(1, SCREEN)) tiles.accept(1, request, null)
    expect(tiles.blits(1, SCREEN)).toEqual([])
    expect(tiles.isFresh(1, SCREEN)).toBe(true)
  })
})

describe('memory', () => {
  test('old scales go first; the overview and the present one stay', () => {
    const { tiles, released } = cache(12)
    tiles.keepOverview(0.5)
    for (const scale of [0.5, 1, 2, 3]) {
      const visible = { x0: 0, y0: 0, x1: (2 * TILE) / scale, y1: (2 * TILE) / scale }
      answer(tiles, scale, tiles.wanted(scale, visible))
    }
    expect(tiles.scales).toEqual([0.5, 2, 3])
    expect(released.filter((name) => name.startsWith('tile 1:'))).toHaveLength(4)
  })

  test('a long pan at one scale keeps a bounded number of tiles', () => {
    const { tiles, released } = cache(20)
    for (let x = 0; x < 100; x++) {
      const visible = { x0: x * TILE, y0: 0, x1: (x + 2) * TILE, y1: 2 * TILE }
      answer(tiles, 1, tiles.wanted(1, visible))
      expect(tiles.isFresh(1, visible)).toBe(true)
    }
    expect(released.length).toBeGreaterThan(170)
  })
})
