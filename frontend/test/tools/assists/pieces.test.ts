/** Superpixels and clusters: pieces are picked from the labels, without asking again. */
import { describe, expect, test } from 'vitest'

import { Rig } from '../rig'
import { block, COLUMNS } from './masks'

async function cells(size = 100) {
  const rig = new Rig([], { tool: 'select' }, size)
  rig.key('u')
  await rig.assists.last.answer({ labels: COLUMNS })
  return rig
}

describe('superpixels', () => {
  test('choosing the tool asks for what is on screen, and the lines between the cells are shown', async () => {
    const rig = await cells()
    expect(rig.assists.asked.length).toBe(1)
    expect(rig.assists.last.question).toMatchObject({
      method: 'superpixels',
      region: { x0: 0, y0: 0, x1: 100, y1: 100 },
      parameters: { count: 300, compactness: 10 },
    })
    expect([...(rig.draft.preview?.segments ?? [])]).toEqual([
      ...[25, 0, 25, 100],
      ...[50, 0, 50, 100],
      ...[75, 0, 75, 100],
    ])
    expect(rig.hints).toEqual([])
  })

  test('never more of the image than the method sees in full detail', () => {
    const rig = new Rig([], { tool: 'select' }, 5000)
    rig.view = { ...rig.view, scale: 0.2, offsetX: 0, offsetY: 0 }
    rig.key('u')
    expect(rig.assists.last.question.region).toEqual({ x0: 2244, y0: 2244, x1: 2756, y1: 2756 })
  })

  test('a click adds a cell, a sweep all under it, Alt takes away: all at once and without a question', async () => {
    const rig = await cells()
    rig.press(10, 50)
    expect(rig.draft.preview?.mask).toEqual(block(0, 0, 25, 100))
    rig.move(60, 50)
    expect(rig.draft.preview?.mask).toEqual(block(0, 0, 75, 100))
    rig.release(60, 50)
    rig.click(30, 10, { alt: true })
    expect(rig.draft.preview?.mask).toMatchObject({ x: 0, width: 75 })
    rig.key('Enter')
    const [record] = rig.records()
    expect(record).toMatchObject({ kind: 'mask', mask: { counts: Uint32Array.of(0, 2500, 2500, 2500) } })
    expect(rig.assists.asked.length).toBe(1)
  })

  test('after one object the next is picked from the same cells; undo then means the document', async () => {
    const rig = await cells()
    rig.click(10, 10)
    rig.key('Enter')
    expect(rig.draft.preview).toMatchObject({ mask: { width: 0 } })
    expect(rig.draft.preview?.segments?.length).toBe(12)
    rig.click(60, 10)
    rig.tools.undo()
    expect(rig.draft.preview?.mask).toMatchObject({ width: 0 })
    expect(rig.records().length).toBe(1)
    rig.tools.undo()
    expect(rig.records()).toEqual([])
    rig.tools.redo()
    expect(rig.records().length).toBe(1)
    expect(rig.draft.preview?.segments?.length).toBe(12)
  })

  test('Esc in a sweep drops the sweep, the next one the cells', async () => {
    const rig = await cells()
    rig.click(10, 10)
    rig.press(30, 10).move(90, 10)
    rig.key('Escape')
    expect(rig.draft.preview?.mask).toEqual(block(0, 0, 25, 100))
    rig.key('Escape')
    expect(rig.draft.preview).toBeNull()
  })

  test('finer cells are picked by the same sweeps', async () => {
    const rig = await cells()
    rig.click(10, 10)
    const { assists } = rig.state.get()
    rig.state.set({ assists: { ...assists, superpixels: { ...assists.superpixels, count: 600 } } })
    rig.tools.adjusted()
    const halves = Uint16Array.from({ length: 10_000 }, (_, i) => Math.floor((i % 100) / 12.5))
    await rig.assists.last.answer({ labels: { ...COLUMNS, count: 8, data: halves } })
    expect(rig.draft.preview?.mask).toEqual(block(0, 0, 13, 100))
  })

  test('a press outside asks for the cells around it, keeps what was picked, and picks there', async () => {
    const rig = await cells(5000)
    rig.view = { ...rig.view, offsetX: 0, offsetY: 0 }
    rig.key('Escape')
    rig.click(50, 50)
    const first = rig.assists.last
    await first.answer({ labels: { ...COLUMNS, frame: first.question.region } })
    const picked = rig.draft.preview?.mask
    expect(picked?.width).toBeGreaterThan(0)
    rig.click(3000, 3000)
    expect(rig.draft.preview?.mask).toEqual(picked)
    const { region } = rig.assists.last.question
    expect(region.x0 <= 3000 && region.x1 > 3000).toBe(true)
    await rig.assists.last.answer({ labels: { ...COLUMNS, frame: region } })
    rig.key('Enter')
    const [record] = rig.records()
    expect(record).toMatchObject({ kind: 'mask' })
    if (record?.kind === 'mask') expect(record.mask.x + record.mask.width).toBeGreaterThan(2900)
  })
})

describe('clusters', () => {
  test('ask by the method that was chosen', async () => {
    const rig = new Rig([], { tool: 'select' })
    const { assists } = rig.state.get()
    rig.state.set({
      assists: { ...assists, clusters: { ...assists.clusters, method: 'fuzzy', clusters: 6 } },
    })
    rig.key('k')
    expect(rig.assists.last.question).toMatchObject({ method: 'fuzzy', parameters: { clusters: 6 } })
    await rig.assists.last.fail('groups')
    expect(rig.hints.at(-1)).toBe('assists:hint.groups')
  })

  test('are taken whole, or only the part that hangs together', async () => {
    const striped = { ...COLUMNS, count: 2, data: COLUMNS.data.map((column) => column % 2) }
    for (const [connected, expected] of [
      [false, Uint32Array.of(0, 2500, 2500, 2500)],
      [true, Uint32Array.of(0, 2500)],
    ] as const) {
      const rig = new Rig([], { tool: 'select' })
      const { assists } = rig.state.get()
      rig.state.set({ assists: { ...assists, clusters: { ...assists.clusters, connected } } })
      rig.key('k')
      await rig.assists.last.answer({ labels: striped })
      rig.click(10, 10)
      expect(rig.draft.preview?.mask?.counts).toEqual(expected)
    }
  })
})
