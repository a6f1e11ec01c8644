/** Splitting by a line: the pieces by hand. */
import { describe, expect, test } from 'vitest'

import { split } from '../../../src/core/operations/split'
import { area, picture, polygon, rings } from './picture'

const SIZE = { width: 12, height: 8 }
const square = polygon([1, 1, 7, 1, 7, 7, 1, 7])
const pieces = (shape: Parameters<typeof split>[0], ...line: number[]) => split(shape, line, SIZE)

describe('split', () => {
  test('a line across an outline makes two that share its ends', () => {
    const parts = pieces(square, 3, 0, 3, 8)!
    expect(parts.map(rings).map((part) => part[0]!.length)).toEqual([8, 8])
    expect(parts.map((part) => picture(part, 8, 8)[2])).toEqual(['...####.', '.##.....'])
  })

  test('the larger piece comes first', () => {
    expect(picture(pieces(square, 5, 0, 5, 8)![0]!, 8, 8)[1]).toBe('.####...')
  })

  test('a bent line may end on the side it came from', () => {
    const parts = pieces(square, 3, 0, 3, 3, 5, 3, 5, 0)!
    expect(picture(parts[1]!, 8, 4)).toEqual(['........', '...##...', '...##...', '........'])
  })

  test('a line that does not go all the way across parts nothing', () => {
    expect(pieces(square, 3, 0, 3, 5)).toBeNull()
    expect(pieces(square, 9, 0, 9, 8)).toBeNull()
  })

  test('a line through vertices is a line across', () => {
    expect(pieces(square, 1, 1, 7, 7)!.map((part) => rings(part)[0]!.length)).toEqual([6, 6])
    expect(pieces(square, 0, 0, 8, 8)!.map((part) => rings(part)[0]!.length)).toEqual([6, 6])
  })

  test('a line into a hole and out of it parts the ring around; into it alone does not', () => {
    const ring = polygon([1, 1, 7, 1, 7, 7, 1, 7], [3, 3, 3, 5, 5, 5, 5, 3])
    expect(pieces(ring, 4, 0, 4, 4)).toBeNull()
    const parts = pieces(ring, 4, 0, 4, 8)!
    expect(parts.map((part) => picture(part, 8, 8)[4]).sort()).toEqual(['.##.....', '.....##.'].sort())
  })

  test('parts that are not parted stay with the largest piece', () => {
    const two = area('####..#', '####..#', '####..#')
    const parts = pieces(two, 1, -1, 1, 9)!
    expect(parts.map((part) => picture(part, 7, 1)[0])).toEqual(['.###..#', '#......'])
  })

  test('a mask falls into masks along the line', () => {
    const parts = pieces(area('####', '####', '####', '####'), 0, 0, 4, 4)!
    expect(parts.map((part) => part.kind)).toEqual(['mask', 'mask'])
    expect(parts.map((part) => picture(part, 4, 4))).toEqual([
      ['####', '.###', '..##', '...#'],
      ['....', '#...', '##..', '###.'],
    ])
  })

  test('a piece with a large hole in it is one, too', () => {
    const frame = polygon([0, 0, 12, 0, 12, 8, 0, 8], [3, 1, 3, 7, 11, 7, 11, 1])
    const parts = pieces(frame, 1, -1, 1, 9)!
    expect(parts.map((part) => picture(part, 12, 2)[1])).toEqual(['.##........#', '#...........'])
  })
})
