/** What fingers mean: fed with places, asked what the tool and the viewport were told. */
import { describe, expect, test } from 'vitest'

import { imagePoint, screenPoint } from '@/core/points'
import type { PointerInput } from '@/tools/events'
import { ClickCounter } from '@/ui/editor/pointers/clicks'
import { Touches } from '@/ui/editor/pointers/touches'

class Hand {
  readonly told: string[] = []
  draws = true
  private timer: (() => void) | null = null
  private readonly touches = new Touches({
    draws: () => this.draws,
    tool: ({ type, image, trail }) =>
      this.told.push(`${type} ${image.x},${image.y}${type === 'move' ? ` of ${trail.length}` : ''}`),
    lost: () => this.told.push('lost'),
    pan: (dx, dy) => this.told.push(`pan ${dx},${dy}`),
    pinch: ([a0, b0], [a1, b1]) => this.told.push(`pinch ${b0.x - a0.x} to ${b1.x - a1.x}`),
    menu: ({ x, y }) => this.told.push(`menu ${x},${y}`),
    after: (_ms, run) => {
      this.timer = run
      return () => (this.timer = null)
    },
  })

  down = (x: number, y: number, id = 1) => this.touches.down(id, input('down', x, y))
  move = (x: number, y: number, id = 1) => this.touches.move(id, input('move', x, y))
  up = (x: number, y: number, id = 1) => this.touches.up(id, input('up', x, y))
  pen = () => this.touches.abandon()
  wait = () => this.timer?.()
}

function input(type: PointerInput['type'], x: number, y: number): PointerInput {
  const image = imagePoint(x, y)
  const held = { shift: false, alt: false, mod: false }
  return { type, image, screen: screenPoint(x, y), trail: [image], button: 0, clicks: 1, ...held }
}

describe('one finger', () => {
  test('a tap is a press and a release, told at the release', () => {
    const hand = new Hand()
    hand.down(10, 10)
    expect(hand.told).toEqual([])
    hand.up(11, 10)
    expect(hand.told).toEqual(['down 10,10', 'up 11,10'])
  })

  test('a drag begins where the finger came down and loses none of its way', () => {
    const hand = new Hand()
    hand.down(10, 10)
    hand.move(13, 10)
    hand.move(17, 10)
    hand.move(30, 10)
    hand.up(30, 10)
    expect(hand.told).toEqual(['down 10,10', 'move 17,10 of 2', 'move 30,10 of 1', 'up 30,10'])
  })

  test('where fingers only move the image, a drag pans and a tap does nothing', () => {
    const hand = new Hand()
    hand.draws = false
    hand.down(10, 10)
    hand.move(20, 10)
    hand.move(25, 12)
    hand.up(25, 12)
    hand.down(10, 10)
    hand.up(10, 10)
    expect(hand.told).toEqual(['pan 10,0', 'pan 5,2'])
  })

  test('held still it opens the menu and draws nothing', () => {
    const hand = new Hand()
    hand.down(10, 10)
    hand.move(12, 11)
    hand.wait()
    hand.move(40, 40)
    hand.up(40, 40)
    expect(hand.told).toEqual(['menu 10,10'])
  })

  test('once it moves it is no long press', () => {
    const hand = new Hand()
    hand.down(10, 10)
    hand.move(30, 10)
    hand.wait()
    expect(hand.told).toEqual(['down 10,10', 'move 30,10 of 1'])
  })
})

describe('two fingers', () => {
  test('move and zoom, and the tool never hears of them', () => {
    const hand = new Hand()
    hand.down(10, 10)
    hand.down(50, 10, 2)
    hand.wait()
    hand.move(70, 10, 2)
    hand.up(70, 10, 2)
    hand.move(90, 90)
    hand.up(90, 90)
    expect(hand.told).toEqual(['pinch 40 to 60'])
    hand.down(5, 5)
    hand.up(5, 5)
    expect(hand.told.slice(1)).toEqual(['down 5,5', 'up 5,5'])
  })

  test('a second finger in the middle of a stroke takes the stroke back', () => {
    const hand = new Hand()
    hand.down(10, 10)
    hand.move(30, 10)
    hand.down(50, 10, 2)
    hand.move(40, 10)
    expect(hand.told).toEqual(['down 10,10', 'move 30,10 of 1', 'lost', 'pinch 20 to 10'])
  })

  test('a pen that comes down ends what the hand did', () => {
    const hand = new Hand()
    hand.down(10, 10)
    hand.pen()
    hand.up(10, 10)
    expect(hand.told).toEqual([])
  })
})

test('two taps of a finger may lie further apart than two clicks of a mouse', () => {
  const counter = new ClickCounter()
  const press = (pointerType: string, timeStamp: number, x: number) =>
    counter.press({ pointerType, timeStamp }, screenPoint(x, 0))
  expect([press('touch', 0, 0), press('touch', 200, 18), press('touch', 900, 18)]).toEqual([1, 2, 1])
  expect([press('mouse', 2000, 0), press('mouse', 2200, 18)]).toEqual([1, 1])
})
