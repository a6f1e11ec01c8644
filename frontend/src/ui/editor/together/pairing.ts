/** Pairs two states in a worker; the same two are paired once, however many parts of the page ask. */
import type { Comparison, ImageSize } from '@/core/compare'
import type { AnnotationRecord } from '@/core/document'

import type { CompareAnswer, CompareRequest } from './compare.worker'

export type Records = readonly AnnotationRecord[]

const paired = new WeakMap<Records, WeakMap<Records, Promise<Comparison>>>()

export function pair(left: Records, right: Records, size: ImageSize): Promise<Comparison> {
  let known = paired.get(left)
  if (!known) paired.set(left, (known = new WeakMap()))
  let found = known.get(right)
  if (!found) known.set(right, (found = ask({ left, right, size })))
  return found
}

function ask({ left, right, size }: CompareRequest): Promise<Comparison> {
  const worker = new Worker(new URL('./compare.worker.ts', import.meta.url), { type: 'module' })
  const byId = (records: Records) => new Map(records.map((record) => [record.id, record]))
  const answered = new Promise<Comparison>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<CompareAnswer>) => {
      const [ours, theirs] = [byId(left), byId(right)]
      const matches = data.matches.map((match) => ({
        ...match,
        left: match.left === null ? null : (ours.get(match.left) ?? null),
        right: match.right === null ? null : (theirs.get(match.right) ?? null),
      }))
      resolve({ ...data, matches })
    }
    worker.onerror = (event) => reject(new Error(event.message))
  })
  worker.postMessage({ left, right, size })
  return answered.finally(() => worker.terminate())
}
