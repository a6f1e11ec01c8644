/** The marks of one object in the order in which they were made. */
import { type DraftMarks, type DraftStroke, NO_MARKS } from '@/core/draft'
import { type ImagePoint, type Rect, unionRect } from '@/core/points'

import { boundsOf } from '../assist/stroking'

export type Mark =
  | { readonly kind: 'point'; readonly at: ImagePoint; readonly adds: boolean }
  | { readonly kind: 'stroke'; readonly stroke: DraftStroke }
  | { readonly kind: 'box'; readonly box: Rect }

/** As layers draw them and the server is asked; of several boxes the last one counts. */
export function draftMarks(marks: readonly Mark[], drawing: DraftStroke | null = null): DraftMarks {
  const points = marks.filter((mark) => mark.kind === 'point')
  const strokes = marks.flatMap((mark) => (mark.kind === 'stroke' ? [mark.stroke] : []))
  const boxes = marks.flatMap((mark) => (mark.kind === 'box' ? [mark.box] : []))
  return {
    ...NO_MARKS,
    positive: points.filter((mark) => mark.adds).map((mark) => mark.at),
    negative: points.filter((mark) => !mark.adds).map((mark) => mark.at),
    strokes: drawing ? [...strokes, drawing] : strokes,
    box: boxes.at(-1) ?? null,
  }
}

/** All that is marked, within the image; null: nothing is. */
export function boundsOfMarks(marks: readonly Mark[], image: { width: number; height: number }): Rect | null {
  const bounds = marks.reduce<Rect | null>((sum, mark) => unionRect(sum, boundsOfMark(mark)), null)
  if (!bounds) return null
  const within = (value: number, most: number) => Math.min(most, Math.max(0, value))
  return {
    x0: within(bounds.x0, image.width),
    y0: within(bounds.y0, image.height),
    x1: within(bounds.x1, image.width),
    y1: within(bounds.y1, image.height),
  }
}

function boundsOfMark(mark: Mark): Rect | null {
  if (mark.kind === 'box') return mark.box
  if (mark.kind === 'stroke') return boundsOf([{ ...mark.stroke, radius: 0 }])
  const { x, y } = mark.at
  return { x0: x, y0: y, x1: x, y1: y }
}
