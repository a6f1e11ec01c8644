import { describe, expect, test } from 'vitest'

import { type AnnotationRecord, newRecord } from '../../src/core/document'
import { breakLine, canBreakLine, closeLine, joinLines } from '../../src/tools/polyline/operations'
import { Rig } from './rig'

const line = (id: string, ...points: number[]) =>
  newRecord({ id, classIndex: 2 }, { kind: 'polyline', points: Float32Array.from(points) })
const point = (id: string, ...points: number[]) =>
  newRecord({ id, classIndex: 2 }, { kind: 'point', points: Float32Array.from(points) })

function pointsOf(rig: Rig): Record<string, number[]> {
  const points = (record: AnnotationRecord) => ('points' in record ? [...record.points] : [])
  return Object.fromEntries(rig.records().map((record) => [record.id, points(record)]))
}

describe('polyline', () => {
  const tool = (...records: AnnotationRecord[]) => new Rig(records, { tool: 'polyline' })

  test('clicks and Enter make a line with exactly these points, which may cross itself', () => {
    const rig = tool()
    rig.click(10, 10).click(30, 30).click(30, 10).click(10, 30.5).move(50, 50)
    expect(rig.draft.path).toMatchObject({ open: true, invalid: false, closes: false })
    rig.key('Enter')
    expect(pointsOf(rig)).toEqual({ 'new-1': [10, 10, 30, 30, 30, 10, 10, 30.5] })
    expect(rig.records()[0]).toMatchObject({ kind: 'polyline', classIndex: 1 })
    expect(rig.selection).toEqual(['new-1'])
    rig.key('z', { mod: true })
    expect(rig.records()).toEqual([])
  })

  test('a double click places its point once and ends the line', () => {
    const rig = tool()
    rig.click(10, 10).doubleClick(30, 10)
    expect(pointsOf(rig)).toEqual({ 'new-1': [10, 10, 30, 10] })
  })

  test('Backspace and undo take the last point back; Esc leaves nothing', () => {
    const rig = tool()
    rig.click(10, 10).click(30, 10).click(80, 80)
    rig.key('Backspace')
    rig.click(60, 60)
    rig.key('z', { mod: true })
    rig.key('Enter')
    expect(pointsOf(rig)).toEqual({ 'new-1': [10, 10, 30, 10] })
    rig.click(50, 50).click(60, 60)
    rig.key('Escape')
    expect(rig.draft.path).toBeNull()
    expect(rig.tools.working).toBe(false)
    expect(rig.records()).toHaveLength(1)
  })

  test('one point is no line: told, and the drawing goes on', () => {
    const rig = tool()
    rig.click(10, 10)
    rig.key('Enter')
    expect(rig.hints).toEqual(['hint.lineTooShort'])
    rig.click(20, 20)
    rig.key('Enter')
    expect(pointsOf(rig)).toEqual({ 'new-1': [10, 10, 20, 20] })
  })

  test('dragging draws freehand; Shift keeps to eight directions', () => {
    const rig = tool()
    rig.drag([
      [10, 10],
      [20, 12],
      [30, 12],
    ])
    rig.click(50, 14, { shift: true }).click(60, 23, { shift: true })
    rig.key('Enter')
    expect(pointsOf(rig)).toEqual({ 'new-1': [10, 10, 20, 12, 30, 12, 50, 12, 60.5, 22.5] })
  })

  test('a press on the end of a line goes on with it, on its first point backwards; it keeps class and id', () => {
    const rig = tool(line('a', 10, 10, 30, 10))
    rig.click(30.5, 10).click(30, 40)
    rig.key('Enter')
    rig.click(10, 10).click(5, 5).click(5, 50)
    rig.key('Backspace')
    rig.key('Enter')
    expect(pointsOf(rig)).toEqual({ a: [5, 5, 10, 10, 30, 10, 30, 40] })
    expect(rig.records()[0]).toMatchObject({ id: 'a', classIndex: 2 })
    rig.key('z', { mod: true })
    rig.key('z', { mod: true })
    expect(pointsOf(rig)).toEqual({ a: [10, 10, 30, 10] })
  })

  test('Backspace never takes points of the line that is continued', () => {
    const rig = tool(line('a', 10, 10, 30, 10))
    rig.click(30, 10).click(50, 10)
    rig.key('Backspace')
    rig.key('Backspace')
    expect(rig.tools.working).toBe(false)
    expect(pointsOf(rig)).toEqual({ a: [10, 10, 30, 10] })
  })

  test('a second finger takes back what its press drew and keeps the points before', () => {
    const rig = tool()
    rig.click(10, 10).click(30, 10)
    rig.press(50, 50).move(60, 60)
    rig.tools.pointerLost()
    rig.tools.pointerLost() // nothing is pressed: nothing to take back
    rig.key('Enter')
    expect(pointsOf(rig)).toEqual({ 'new-1': [10, 10, 30, 10] })
  })

  test('hovering, selecting and editing vertices work on lines', () => {
    const rig = new Rig([line('a', 10, 10, 30, 10)], { tool: 'select' })
    rig.move(20, 11)
    expect(rig.state.get().hover).toBe('a')
    rig.doubleClick(20, 11)
    expect(rig.state.get().tool).toBe('vertex')
    rig.drag([
      [20, 10],
      [20, 25],
    ])
    expect(pointsOf(rig)).toEqual({ a: [10, 10, 20, 25, 30, 10] })
  })
})

describe('point', () => {
  const tool = (...records: AnnotationRecord[]) => new Rig(records, { tool: 'point' })

  test('every click makes an object of its own', () => {
    const rig = tool()
    rig.click(10, 10.25).click(20, 20)
    expect(pointsOf(rig)).toEqual({ 'new-1': [10, 10.25], 'new-2': [20, 20] })
    rig.key('z', { mod: true })
    expect(pointsOf(rig)).toEqual({ 'new-1': [10, 10.25] })
  })

  test('Shift adds to the selected point object, one step each', () => {
    const rig = tool()
    rig.click(10, 10).click(20, 20, { shift: true }).click(30, 30, { shift: true })
    expect(pointsOf(rig)).toEqual({ 'new-1': [10, 10, 20, 20, 30, 30] })
    rig.key('z', { mod: true })
    expect(pointsOf(rig)).toEqual({ 'new-1': [10, 10, 20, 20] })
  })

  test('the point goes with the pointer until it is let go; Esc drops it', () => {
    const rig = tool()
    rig.press(10, 10).move(12, 14).release(12.5, 14)
    rig.press(50, 50).move(60, 60)
    rig.key('Escape')
    rig.release(60, 60)
    expect(pointsOf(rig)).toEqual({ 'new-1': [12.5, 14] })
  })

  test('outside the image the point is put on its border', () => {
    const rig = tool()
    rig.click(-5, 120)
    expect(pointsOf(rig)).toEqual({ 'new-1': [0, 100] })
  })

  test('points are hit, chosen as vertices and deleted one by one', () => {
    const rig = new Rig([point('p', 10, 10, 40, 40)], { tool: 'select' })
    rig.doubleClick(40.5, 40)
    expect(rig.state.get().tool).toBe('vertex')
    rig.click(40, 40)
    rig.key('Delete')
    expect(pointsOf(rig)).toEqual({ p: [10, 10] })
    rig.click(10, 10)
    rig.key('Delete')
    expect(rig.records()).toEqual([])
  })
})

describe('operations on lines', () => {
  const rigOf = (...records: AnnotationRecord[]) =>
    new Rig(records, { tool: 'select', selection: new Set(records.map((record) => record.id)) })

  test('broken at a vertex, both parts have it; joined again the line is as before', () => {
    const rig = rigOf(line('a', 10, 10, 20, 20, 30, 10))
    expect(canBreakLine(rig.context)).toBe(false)
    rig.state.set({ vertices: [{ polygon: 0, ring: 0, vertex: 1 }] })
    expect(breakLine(rig.context)).toBe(true)
    expect(pointsOf(rig)).toEqual({ a: [10, 10, 20, 20], 'new-1': [20, 20, 30, 10] })
    expect(joinLines(rig.context)).toBe(true)
    expect(pointsOf(rig)).toEqual({ a: [10, 10, 20, 20, 30, 10] })
    rig.key('z', { mod: true })
    rig.key('z', { mod: true })
    expect(pointsOf(rig)).toEqual({ a: [10, 10, 20, 20, 30, 10] })
  })

  test('lines are joined at the ends that are nearest, whichever way they run', () => {
    const rig = rigOf(line('a', 10, 10, 50, 10), line('b', 5, 30, 8, 12))
    joinLines(rig.context)
    expect(Object.values(pointsOf(rig))).toEqual([[50, 10, 10, 10, 8, 12, 5, 30]])
  })

  test('closed it is a polygon; a line that crosses itself is refused', () => {
    const rig = rigOf(line('a', 10, 10, 30, 10, 30, 30, 10, 10))
    expect(closeLine(rig.context)).toBe(true)
    expect(rig.rings()).toEqual([[10, 10, 30, 10, 30, 30]])
    const crossing = rigOf(line('a', 10, 10, 30, 30, 30, 10, 10, 25))
    expect(closeLine(crossing.context)).toBe(false)
    expect(crossing.hints).toEqual(['hint.selfCrossing'])
  })
})
