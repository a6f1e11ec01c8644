/** Intelligent scissors with the real cost map and search, on a drawn photograph of a disc. */
import { describe, expect, test } from 'vitest'

import type { AnnotationRecord } from '../../src/core/document'
import type { PixelWindow } from '../../src/core/pixelWindow'
import { imagePoint, type Rect } from '../../src/core/points'
import { rasterise } from '../../src/core/raster'
import type { EditorState } from '../../src/tools/editorState'
import { withoutSpurs } from '../../src/tools/scissors/outline'
import { windowAround } from '../../src/tools/scissors/window'
import { maskOf } from './objects'
import { Rig } from './rig'

/** A dark disc of radius 25 in the middle of 100 x 100 light pixels, a little noisy. */
function discPhotograph({ x0, y0, x1, y1 }: Rect): PixelWindow {
  const [width, height] = [x1 - x0, y1 - y0]
  const rgba = new Uint8ClampedArray(width * height * 4)
  for (let j = 0; j < height; j++)
    for (let i = 0; i < width; i++) {
      const [x, y] = [x0 + i + 0.5, y0 + j + 0.5]
      const value = (Math.hypot(x - 50, y - 50) < 25 ? 70 : 190) + ((x * 7 + y * 13) % 5)
      rgba.set([value, value, value, 255], 4 * (j * width + i))
    }
  return { rect: { x0, y0, x1, y1 }, width, height, scale: 1, rgba }
}

function scissors(state: Partial<EditorState> = {}, records: readonly AnnotationRecord[] = []): Rig {
  const rig = new Rig(records, { tool: 'scissors', ...state })
  rig.photograph = discPhotograph
  return rig
}

/** Lets the answers to what was asked arrive. */
const answers = () => new Promise((resolve) => setTimeout(resolve))

/** Clicks near the disc's edge at these degrees. */
async function clicksAt(rig: Rig, ...degrees: number[]): Promise<void> {
  for (const degree of degrees) {
    const angle = (degree * Math.PI) / 180
    rig.click(50 + 26 * Math.cos(angle), 50 + 24 * Math.sin(angle))
    await answers()
  }
}

function iouWithDisc(record: AnnotationRecord | undefined): number {
  if (!record) return 0
  const { data } = rasterise(record, 100, 100)
  let [both, either] = [0, 0]
  data.forEach((value, k) => {
    const inside = Math.hypot((k % 100) + 0.5 - 50, Math.floor(k / 100) + 0.5 - 50) < 25
    both += value === 1 && inside ? 1 : 0
    either += value === 1 || inside ? 1 : 0
  })
  return both / either
}

describe('scissors', () => {
  test.each(['mask', 'polygon'] as const)(
    'four clicks go round the disc and give a %s',
    async (proposalKind) => {
      const rig = scissors({ proposalKind })
      await clicksAt(rig, 0, 90, 180, 270)
      rig.key('Enter')
      expect(rig.records()).toHaveLength(1)
      expect(rig.records()[0]).toMatchObject({ kind: proposalKind, classIndex: 1 })
      expect(iouWithDisc(rig.records()[0])).toBeGreaterThan(0.95)
      expect(rig.tools.working).toBe(false)
      rig.key('z', { mod: true })
      expect(rig.records()).toEqual([])
    },
  )

  test('the polygon has few vertices, all within half a pixel of the way and on the edge', async () => {
    const rig = scissors({ proposalKind: 'polygon' })
    await clicksAt(rig, 0, 120, 240)
    rig.key('Enter')
    const [ring] = rig.rings()
    expect(ring!.length / 2).toBeLessThan(80)
    for (let i = 0; i < ring!.length; i += 2)
      expect(Math.abs(Math.hypot(ring![i]! - 50, ring![i + 1]! - 50) - 25)).toBeLessThan(1.6)
  })

  test('the line to the pointer follows the edge as soon as the wire is there', async () => {
    const rig = scissors()
    rig.click(75.5, 50)
    expect(rig.draft.path?.live).toBeUndefined()
    expect(rig.draft.cursor).toBe('progress')
    await answers()
    rig.move(50, 75)
    expect(rig.draft.cursor).toBe('crosshair')
    const live = rig.draft.path!.live!
    expect(live.length).toBeGreaterThan(40)
    for (let i = 0; i < live.length; i += 2)
      expect(Math.abs(Math.hypot(live[i]! - 50, live[i + 1]! - 50) - 25)).toBeLessThan(1.6)
  })

  test('clicks that come before the answers wait for them, and so does Enter', async () => {
    const rig = scissors()
    rig.click(75.5, 50).click(50, 75.5).click(24.5, 50).click(50, 24.5)
    rig.key('Enter')
    expect(rig.records()).toEqual([])
    expect(rig.tools.working).toBe(true)
    await answers()
    await answers()
    expect(iouWithDisc(rig.records()[0])).toBeGreaterThan(0.95)
    expect(rig.tools.working).toBe(false)
    rig.click(10, 10)
    expect(rig.draft.path?.points).toEqual([10, 10])
  })

  test.each(['first anchor', 'double click'])('%s closes', async (how) => {
    const rig = scissors()
    await clicksAt(rig, 0, 90, 180, 270)
    if (how === 'double click') rig.click(50, 26, { clicks: 2 })
    else rig.click(75.5, 50.5)
    await answers()
    expect(iouWithDisc(rig.records()[0])).toBeGreaterThan(0.95)
  })

  test('Backspace and undo take the last anchor back, the first one ends', async () => {
    const rig = scissors()
    await clicksAt(rig, 0, 90)
    rig.click(5, 5)
    await answers()
    rig.key('Backspace')
    await answers()
    await clicksAt(rig, 180)
    rig.click(95, 95)
    await answers()
    rig.key('z', { mod: true })
    await answers()
    await clicksAt(rig, 270)
    rig.key('Enter')
    expect(iouWithDisc(rig.records()[0])).toBeGreaterThan(0.95)
    await clicksAt(rig, 0)
    rig.key('Backspace')
    expect(rig.tools.working).toBe(false)
  })

  test('Esc leaves nothing, and answers that come later do nothing', async () => {
    const rig = scissors()
    await clicksAt(rig, 0, 90, 180)
    rig.click(50, 24.5)
    rig.key('Enter')
    rig.key('Escape')
    await answers()
    expect(rig.records()).toEqual([])
    expect(rig.draft.path).toBeNull()
    expect(rig.tools.working).toBe(false)
  })

  test('Shift draws straight lines to exactly where one clicks', async () => {
    const rig = scissors({ proposalKind: 'polygon' })
    rig.click(10, 10, { shift: true })
    await answers()
    rig.click(30, 10.5, { shift: true }).click(20, 30, { shift: true })
    rig.click(10, 10.5, { shift: true })
    await answers()
    expect(rig.rings()).toEqual([[10, 10, 30, 10.5, 20, 30]])
  })

  test('a drag places an anchor where it is let go', async () => {
    const rig = scissors()
    await clicksAt(rig, 0)
    rig.press(50, 75.5)
    await answers()
    rig.move(40, 70).release(24.5, 50)
    await answers()
    await clicksAt(rig, 270)
    rig.key('Enter')
    expect(iouWithDisc(rig.records()[0])).toBeGreaterThan(0.95)
  })

  test('Shift+Enter adds to the selected mask, Alt+Enter takes from it', async () => {
    const rig = scissors({ selection: new Set(['m']) }, [maskOf('m', 0, 0, 100, 50)])
    await clicksAt(rig, 0, 120, 240)
    rig.key('Enter', { alt: true })
    const taken = rasterise(rig.records()[0]!, 100, 100).data
    expect([taken[40 * 100 + 50], taken[10 * 100 + 50]]).toEqual([0, 1])
    await clicksAt(rig, 0, 120, 240)
    rig.key('Enter', { shift: true })
    const added = rasterise(rig.records()[0]!, 100, 100).data
    expect([added[40 * 100 + 50], added[60 * 100 + 50], added[95 * 100 + 50]]).toEqual([1, 1, 0])
    expect(rig.records()).toHaveLength(1)
  })

  test('without a photograph lines are straight, and that is told once', async () => {
    const rig = scissors({ proposalKind: 'polygon' })
    rig.photograph = null
    for (const [x, y] of [
      [10, 10],
      [40, 10],
      [40, 40],
    ] as const) {
      rig.click(x, y)
      await answers()
    }
    rig.key('Enter')
    expect(rig.rings()).toEqual([[10, 10, 40, 10, 40, 40]])
    expect(rig.hints).toEqual(['hint.noPixels'])
  })

  test('two anchors are no outline: told, and the drawing goes on', async () => {
    const rig = scissors()
    await clicksAt(rig, 0, 60)
    rig.key('Enter')
    expect(rig.hints).toEqual(['hint.tooFewPoints'])
    await clicksAt(rig, 120, 240)
    rig.key('Enter')
    expect(iouWithDisc(rig.records()[0])).toBeGreaterThan(0.95)
  })

  test('an anchor beside the edge leaves no spur', () => {
    expect(withoutSpurs([0, 0, 1, 0, 2, 0, 2, 1, 2, 2, 2, 1, 2, 0, 3, 0])).toEqual([0, 0, 1, 0, 2, 0, 3, 0])
  })
})

describe('the window that is looked at', () => {
  const around = (
    size: number,
    scale: number,
    x: number,
    y: number,
    target: [number, number] | null = null,
  ) => {
    const rig = new Rig([], {}, size)
    rig.view = { ...rig.view, scale }
    return windowAround(rig.context, imagePoint(x, y), target && imagePoint(...target))
  }

  test('reaches equally far on screen at every zoom, at least three quarters of it on each side', () => {
    for (const scale of [0.02, 0.5, 1, 3]) {
      const { x0, x1, y0, y1 } = around(60_000, scale, 30_123, 30_456)
      const reach = 384 / scale
      expect(x1 - x0).toBeLessThanOrEqual(2 * reach + 2)
      expect(Math.min(30_123 - x0, x1 - 30_123, 30_456 - y0, y1 - 30_456)).toBeGreaterThanOrEqual(
        0.75 * reach,
      )
    }
  })

  test('is cut at the border and holds a far target too', () => {
    expect(around(100, 4, 5, 5)).toEqual({ x0: 0, y0: 0, x1: 96, y1: 96 })
    const { x0, y0, x1, y1 } = around(5000, 2, 1000, 1000, [1900, 600])
    expect([x0 <= 1000, y0 <= 600, x1 >= 1900, y1 >= 1000]).toEqual([true, true, true, true])
  })

  test('neighbouring anchors share one', () => {
    expect(around(5000, 1, 1000, 1000)).toEqual(around(5000, 1, 970, 985))
  })
})
