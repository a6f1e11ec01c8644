/** Pairs the objects of two states away from the page's thread: thousands of shapes take longer than a frame. */
import { compareObjects, type ImageSize } from '@/core/compare'
import type { AnnotationRecord } from '@/core/document'

export interface CompareRequest {
  readonly left: readonly AnnotationRecord[]
  readonly right: readonly AnnotationRecord[]
  readonly size: ImageSize
}

/** Objects by their ids, so that no shape is copied back. */
export interface CompareAnswer {
  readonly matches: readonly {
    readonly left: string | null
    readonly right: string | null
    readonly iou: number
    readonly sameClass: boolean
  }[]
  readonly meanIou: number
  readonly f1: number
  readonly classIou: number | null
}

self.onmessage = ({ data }: MessageEvent<CompareRequest>) => {
  const { matches, ...figures } = compareObjects(data.left, data.right, data.size)
  const answer: CompareAnswer = {
    matches: matches.map(({ left, right, ...rest }) => ({
      ...rest,
      left: left?.id ?? null,
      right: right?.id ?? null,
    })),
    ...figures,
  }
  self.postMessage(answer)
}
