import { expect, test } from 'vitest'

import { newRecord } from '../../src/core/document'
import { square } from './objects'
import { Rig } from './rig'

const editing = () => new Rig([square('a', 10, 10, 20)], { tool: 'vertex', selection: new Set(['a']) })
const START = [10, 10, 30, 10, 30, 30, 10, 30]

test('a vertex goes exactly where it is dropped, as float32, in one step', () => {
  const rig = editing().drag([
    [30, 10],
    [35, 5],
    [40.1, 3.3],
  ])
  expect(rig.rings()).toEqual([[10, 10, Math.fround(40.1), Math.fround(3.3), 30, 30, 10, 30]])
  rig.key('z', { mod: true })
  expect(rig.rings()).toEqual([START])
})

test('during the drag the store is untouched and the draft shows the change', () => {
  const rig = editing().press(30, 10).move(40, 5)
  expect(rig.rings()).toEqual([START])
  expect(rig.draft.records).toHaveLength(1)
  expect(rig.draft.handles?.selected).toEqual([{ polygon: 0, ring: 0, vertex: 1 }])
})

test('Esc during the drag drops it; again lets go of the vertex; again leaves', () => {
  const rig = editing().press(30, 10).move(40, 5)
  rig.key('Escape')
  expect(rig.rings()).toEqual([START])
  expect(rig.state.get().tool).toBe('vertex')
  rig.key('Escape')
  expect(rig.state.get().tool).toBe('select')
  expect(rig.selection).toEqual(['a'])
})

test('a press on an edge makes a vertex there and drags it: one step', () => {
  const rig = editing().drag([
    [20, 10],
    [22, 0],
    [22, 4],
  ])
  expect(rig.rings()).toEqual([[10, 10, 22, 4, 30, 10, 30, 30, 10, 30]])
  rig.key('z', { mod: true })
  expect(rig.rings()).toEqual([START])
})

test('a drop that makes the ring cross itself is refused with a hint', () => {
  const rig = editing().press(30, 10).move(0, 20)
  expect(rig.draft.hint?.key).toBe('hint.selfCrossing')
  rig.release(0, 20)
  expect(rig.rings()).toEqual([START])
  expect(rig.hints).toContain('hint.selfCrossing')
})

test('many vertices are chosen by a marquee and dragged together', () => {
  const rig = editing().drag([
    [25, 5],
    [35, 35],
  ])
  expect(rig.state.get().vertices.map((ref) => ref.vertex)).toEqual([1, 2])
  rig.drag([
    [30, 30],
    [40, 32],
  ])
  expect(rig.rings()).toEqual([[10, 10, 40, 12, 40, 32, 10, 30]])
})

test('Shift adds vertices and takes them away', () => {
  const rig = editing().click(30, 10).click(30, 30, { shift: true }).click(30, 10, { shift: true })
  expect(rig.state.get().vertices.map((ref) => ref.vertex)).toEqual([2])
})

test('Delete takes chosen vertices out; Alt+click takes one out', () => {
  const rig = editing().click(30, 10)
  rig.key('Delete')
  expect(rig.rings()).toEqual([[10, 10, 30, 30, 10, 30]])
  const other = editing().click(10, 10, { alt: true })
  expect(other.rings()).toEqual([[30, 10, 30, 30, 10, 30]])
})

test('a hole left with two vertices goes, the object stays; without an outer ring the object goes', () => {
  const hole = Float32Array.of(15, 15, 15, 20, 20, 20)
  const outer = Float32Array.from(START)
  const record = newRecord({ id: 'a', classIndex: 1 }, { kind: 'polygon', polygons: [[outer, hole]] })
  const rig = new Rig([record], { tool: 'vertex', selection: new Set(['a']) }).click(15, 15, { alt: true })
  expect(rig.rings()).toEqual([START])
  rig.key('a', { mod: true })
  rig.key('Delete')
  expect(rig.records()).toEqual([])
  rig.key('z', { mod: true })
  expect(rig.records()).toHaveLength(1)
})

test('arrow keys nudge chosen vertices', () => {
  const rig = editing().click(10, 10)
  rig.key('ArrowLeft', { shift: true })
  rig.key('ArrowUp')
  expect(rig.rings()).toEqual([[0, 9, 30, 10, 30, 30, 10, 30]])
})

test('a click on another object edits that one; a click on nothing leaves', () => {
  const rig = new Rig([square('a', 10, 10), square('b', 50, 50)], {
    tool: 'vertex',
    selection: new Set(['a']),
  })
  rig.click(55, 55)
  expect([rig.state.get().tool, rig.selection]).toEqual(['vertex', ['b']])
  rig.click(80, 80)
  expect(rig.state.get().tool).toBe('select')
})

test('vertices stay within the image', () => {
  const rig = editing().drag([
    [30, 10],
    [150, -20],
  ])
  expect(rig.rings()).toEqual([[10, 10, 100, 0, 30, 30, 10, 30]])
})

const holed = () =>
  newRecord(
    { id: 'h', classIndex: 1 },
    {
      kind: 'polygon',
      polygons: [
        [Float32Array.of(10, 10, 50, 10, 50, 50, 10, 50), Float32Array.of(20, 20, 20, 30, 30, 30, 30, 20)],
      ],
    },
  )
const editingHole = () => new Rig([holed()], { tool: 'vertex', selection: new Set(['h']) })

test('Tab and Shift+Tab walk through the vertices of all rings; arrows move the one reached', () => {
  const rig = editingHole()
  for (let k = 0; k < 5; k++) rig.key('Tab')
  expect(rig.state.get().vertices).toEqual([{ polygon: 0, ring: 1, vertex: 0 }])
  rig.key('ArrowLeft')
  expect(rig.rings()[1]).toEqual([19, 20, 20, 30, 30, 30, 30, 20])
  rig.key('Tab', { shift: true })
  expect(rig.state.get().vertices).toEqual([{ polygon: 0, ring: 0, vertex: 3 }])
  rig.key('Escape')
  rig.key('Tab', { shift: true })
  expect(rig.state.get().vertices).toEqual([{ polygon: 0, ring: 1, vertex: 3 }])
})

test('a vertex that Tab reaches is brought into view', () => {
  const rig = editing()
  rig.view = { ...rig.view, offsetX: -300 }
  rig.key('Tab')
  expect(10 * rig.view.scale + rig.view.offsetX).toBeGreaterThanOrEqual(0)
})

test('Insert puts a vertex into the middle of the edge after the chosen one, and chooses it', () => {
  const rig = editing()
  rig.key('Tab')
  rig.key('Insert')
  expect(rig.rings()).toEqual([[10, 10, 20, 10, 30, 10, 30, 30, 10, 30]])
  expect(rig.state.get().vertices).toEqual([{ polygon: 0, ring: 0, vertex: 1 }])
  rig.key('z', { mod: true })
  expect(rig.rings()).toEqual([START])
})

test('with Ctrl a hole is held as a whole: dragged it moves, clicked it is chosen and Delete removes it', () => {
  const rig = editingHole()
  const held = { mod: true }
  rig.press(20, 25, held).move(25, 26, held).release(25, 26, held)
  expect(rig.rings()).toEqual([
    [10, 10, 50, 10, 50, 50, 10, 50],
    [25, 21, 25, 31, 35, 31, 35, 21],
  ])
  rig.click(25, 21, held)
  rig.key('Delete')
  expect(rig.rings()).toHaveLength(1)
  rig.key('z', { mod: true })
  rig.key('z', { mod: true })
  expect(rig.rings()[1]).toEqual([20, 20, 20, 30, 30, 30, 30, 20])
})

test('with Ctrl a dragged vertex goes to the nearest vertex of a neighbour, else to its edge, exactly', () => {
  const rig = new Rig([square('a', 10, 10, 20), square('b', 33.3, 10, 20)], {
    tool: 'vertex',
    selection: new Set(['a']),
  })
  rig.press(30, 10).move(32, 11, { mod: true }).release(32, 11, { mod: true })
  const points = () => {
    const record = rig.store.get('a')
    return record?.kind === 'polygon' ? [...record.polygons[0]![0]!] : []
  }
  expect(points()).toEqual([10, 10, Math.fround(33.3), 10, 30, 30, 10, 30])
  rig.press(30, 30).move(32, 22, { mod: true }).release(32, 22, { mod: true })
  expect(points().slice(4, 6)).toEqual([Math.fround(33.3), 22])
})

test('with Shift a dragged vertex keeps to one axis', () => {
  const rig = editing().press(30, 10).move(40, 12, { shift: true }).release(40, 12, { shift: true })
  expect(rig.rings()).toEqual([[10, 10, 40, 10, 30, 30, 10, 30]])
})
