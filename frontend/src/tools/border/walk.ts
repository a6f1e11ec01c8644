/**
 * Walking along a border while an outline is drawn: which of its points lie on borders, and the way that the next click
 * adds. Owns no points; the outline's tool asks and keeps them.
 */
import { type BorderPlace, shorterWay } from '@/core/operations/borders'
import type { ImagePoint } from '@/core/points'

import type { ToolContext } from '../context'
import { placeNear } from './neighbours'

export class BorderWalk {
  /** The place of the point that ends at this length of the outline. */
  private readonly places = new Map<number, BorderPlace>()
  /** Lengths between which the outline follows a border. */
  private legs: { readonly from: number; readonly to: number }[] = []
  /** The next way is the longer one. */
  private longer = false

  constructor(
    private readonly context: ToolContext,
    private readonly except: string | null,
  ) {}

  /** The place on a border under the pointer, for an outline of this length. */
  find(point: ImagePoint, length: number): BorderPlace | null {
    return placeNear(this.context, point, { from: this.places.get(length) ?? null, except: this.except })
  }

  /** The points that a click on this place adds after an outline of this length; null where they are not on one border. */
  wayTo(place: BorderPlace | null, length: number, other: boolean): number[] | null {
    const last = this.places.get(length)
    if (last === undefined || last.ring !== place?.ring) return null
    if (last.x === place.x && last.y === place.y) return null
    return shorterWay(last, place, other !== this.longer)
  }

  /** The way that closes an outline; null where it closes straight: also when all of it is one way along a border. */
  wayHome(length: number, other: boolean): number[] | null {
    const [only, ...more] = this.legs
    const oneWay = more.length === 0 && only?.from === 2 && only.to === length
    if (oneWay) return null
    const way = this.wayTo(this.places.get(2) ?? null, length, other)
    return way?.slice(0, -2) ?? null
  }

  /** A click made the outline `to` long, at a place on a border or off it. */
  note(place: BorderPlace | null, from: number, to: number): void {
    this.forget(from)
    if (place) this.places.set(to, place)
    if (to - from > 2) this.legs.push({ from, to })
    this.longer = false
  }

  /** The length before the last click, where that click followed a border. */
  before(length: number): number | null {
    return this.legs.find(({ to }) => to === length)?.from ?? null
  }

  /** The outline was cut back to this length. */
  forget(length: number): void {
    for (const key of [...this.places.keys()]) if (key > length) this.places.delete(key)
    this.legs = this.legs.filter(({ to }) => to <= length)
  }

  turnAround(): void {
    this.longer = !this.longer
  }

  /** The outline's points without those that a way along a border added. */
  anchors(points: readonly number[]): number[] {
    const inner = (k: number) => this.legs.some(({ from, to }) => k >= from && k < to - 2)
    return points.filter((_, k) => !inner(k - (k % 2)))
  }
}
