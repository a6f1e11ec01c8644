import { describe, expect, test } from 'vitest'

import { type AnnotationRecord } from '../../src/core/document'
import { rasterise } from '../../src/core/raster'
import { maskOf, square } from './objects'
import { Rig } from './rig'

const tool = (...records: AnnotationRecord[]) => new Rig(records, { tool: 'lasso' })

function area(record: AnnotationRecord | undefined): number {
  return record ? rasterise(record, 100, 100).data.reduce((sum, value) => sum + value, 0) : 0
}

const SQUARE = [
  [10, 10],
  [30, 10],
  [30, 30],
  [10, 30],
] as const

describe('lasso', () => {
  test('a drag fills a new mask at its release', () => {
    const rig = tool()
    rig.drag([...SQUARE, [10, 11]])
    expect(rig.records()).toHaveLength(1)
    expect(rig.records()[0]).toMatchObject({ kind: 'mask', classIndex: 1, mask: { x: 10, y: 10 } })
    expect(area(rig.records()[0])).toBe(400)
    rig.key('z', { mod: true })
    expect(rig.records()).toEqual([])
  })

  test.each(['Enter', 'first point', 'double click'])('clicked points are filled at %s', (how) => {
    const rig = tool()
    for (const [x, y] of SQUARE) rig.click(x, y)
    if (how === 'Enter') rig.key('Enter')
    else if (how === 'first point') rig.click(10.5, 10)
    else rig.click(10, 30, { clicks: 2 })
    expect(area(rig.records()[0])).toBe(400)
    expect(rig.tools.working).toBe(false)
  })

  test('the next area goes into the selected mask', () => {
    const rig = tool()
    rig.drag(SQUARE)
    rig.drag(SQUARE.map(([x, y]) => [x + 40, y] as const))
    expect(rig.records()).toHaveLength(1)
    expect(area(rig.records()[0])).toBe(800)
    rig.key('z', { mod: true })
    expect(area(rig.records()[0])).toBe(400)
  })

  test('Alt takes away, also from a polygon, which becomes a mask', () => {
    const rig = tool(square('a', 10, 10, 40))
    rig.drag(SQUARE, { alt: true })
    expect(rig.records()[0]).toMatchObject({ id: 'a', kind: 'mask' })
    expect(area(rig.records()[0])).toBe(1600 - 400)
    expect(rig.hints).toEqual(['hint.becameMask'])
  })

  test('taking all away deletes the object', () => {
    const rig = tool(maskOf('m', 12, 12, 10, 10))
    rig.drag(SQUARE, { alt: true })
    expect(rig.hints).toEqual(['hint.eraseNothing'])
    rig.state.set({ selection: new Set(['m']) })
    rig.drag(SQUARE, { alt: true })
    expect(rig.records()).toEqual([])
    rig.key('z', { mod: true })
    expect(area(rig.records()[0])).toBe(100)
  })

  test('an outline that overshoots its start leaves no speck', () => {
    const rig = tool()
    rig.drag([...SQUARE, [10, 5], [20, 5], [20, 15]])
    expect(area(rig.records()[0])).toBeGreaterThanOrEqual(400)
    const pixels = rasterise(rig.records()[0]!, 100, 100).data
    expect(pixels[12 * 100 + 15]).toBe(1)
  })

  test('Backspace takes points back, Esc leaves nothing, a click without a drag is no area', () => {
    const rig = tool(maskOf('m', 12, 12, 10, 10))
    rig.click(50, 50).click(60, 50).click(60, 60)
    rig.key('Backspace')
    rig.key('Enter')
    expect(rig.hints).toEqual(['hint.tooFewPoints'])
    rig.key('Escape')
    expect(rig.draft.path).toBeNull()
    expect(rig.records().map(area)).toEqual([100])
    rig.press(50, 50).move(60, 60)
    rig.key('Escape')
    rig.release(60, 60)
    expect(rig.records().map(area)).toEqual([100])
  })
})
